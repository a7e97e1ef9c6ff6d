import {
  InvalidOptionError,
  MAX_APP_RESET_CODE,
  MAX_STREAM_LOAN_BYTES,
  MAX_STREAM_WRITE_BYTES,
} from '@bowline/contracts';
import { SERVICE_NAME_PATTERN } from '@bowline/stream-protocol';

/** @throws {@link InvalidOptionError} for more bytes than one write may have */
export const checkWrite = (bytes: Uint8Array): void => checkSize('bytes', bytes, MAX_STREAM_WRITE_BYTES);

/** @throws {@link InvalidOptionError} for more bytes than may be lent at once */
export const checkLoan = (bytes: Uint8Array): void => checkSize('bytes', bytes, MAX_STREAM_LOAN_BYTES);

/** @throws {@link InvalidOptionError} for a name that no service has, or too long a first word */
export const checkOpen = (service: string, first: Uint8Array | undefined): void => {
  if (!SERVICE_NAME_PATTERN.test(service)) {
    const rule = 'must be 1 to 64 of "A-Z a-z 0-9 . _ / + -" and begin with a letter or digit';
    throw new InvalidOptionError('service', rule, service);
  }
  if (first !== undefined) checkSize('first', first, MAX_STREAM_WRITE_BYTES);
};

/** @throws {@link InvalidOptionError} for a code that is no app's */
export const checkResetCode = (code: number): void => {
  if (!Number.isInteger(code) || code < 0 || code > MAX_APP_RESET_CODE) {
    throw new InvalidOptionError('code', `must be a whole number from 0 to ${MAX_APP_RESET_CODE}`, code);
  }
};

const checkSize = (field: string, { byteLength }: Uint8Array, maxBytes: number): void => {
  if (byteLength > maxBytes)
    throw new InvalidOptionError(field, `must be at most ${maxBytes} bytes`, `${byteLength} bytes`);
};
