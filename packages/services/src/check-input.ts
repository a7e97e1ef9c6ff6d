import { InvalidOptionError, MAX_APP_RESET_CODE, MAX_STREAM_WRITE_BYTES } from '@bowline/contracts';
import { SERVICE_NAME_PATTERN } from '@bowline/stream-protocol';

/** @throws {@link InvalidOptionError} for more bytes than one write may have */
export const checkWrite = (field: string, bytes: Uint8Array): void => {
  if (bytes.byteLength > MAX_STREAM_WRITE_BYTES) {
    const rule = `must be at most ${MAX_STREAM_WRITE_BYTES} bytes`;
    throw new InvalidOptionError(field, rule, `${bytes.byteLength} bytes`);
  }
};

/** @throws {@link InvalidOptionError} for a name that no service has, or too long a first word */
export const checkOpen = (service: string, first: Uint8Array | undefined): void => {
  if (!SERVICE_NAME_PATTERN.test(service)) {
    const rule = 'must be 1 to 64 of "A-Z a-z 0-9 . _ / + -" and begin with a letter or digit';
    throw new InvalidOptionError('service', rule, service);
  }
  if (first !== undefined) checkWrite('first', first);
};

/** @throws {@link InvalidOptionError} for a code that is no app's */
export const checkResetCode = (code: number): void => {
  if (!Number.isInteger(code) || code < 0 || code > MAX_APP_RESET_CODE) {
    throw new InvalidOptionError('code', `must be a whole number from 0 to ${MAX_APP_RESET_CODE}`, code);
  }
};
