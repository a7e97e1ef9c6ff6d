import { BowlineError, InvalidOptionError, MAX_MESSAGE_BODY_BYTES } from '@bowline/contracts';

/** What an app sends and receives: text, or bytes. */
export type MessageBody = string | Uint8Array;

/** First byte of a payload: how the rest is read. */
const TEXT = 1;
const BYTES = 2;

/** A peer sent a payload of a kind, or in an encoding, that this version cannot read. */
export class MessageUnreadableError extends BowlineError {
  override readonly name = 'MessageUnreadableError';

  constructor(why: string) {
    super({
      code: 'MESSAGE_UNREADABLE',
      message: `The message cannot be read: ${why}. Update Bowline on this device.`,
    });
  }
}

/** A body is larger than one message may be. */
export class MessageBodyTooLargeError extends BowlineError {
  override readonly name = 'MessageBodyTooLargeError';

  constructor(sizeBytes: number) {
    super({
      code: 'MESSAGE_TOO_LARGE',
      message: `The message has ${sizeBytes} bytes, and ${MAX_MESSAGE_BODY_BYTES} is the most; send it in pieces.`,
      data: { sizeBytes, maxBytes: MAX_MESSAGE_BODY_BYTES },
    });
  }
}

/** @throws {@link MessageBodyTooLargeError}, `InvalidOptionError` for what is neither text nor bytes */
export const encodeMessageBody = (body: MessageBody): Uint8Array => {
  checkBody(body);
  const content = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  if (content.byteLength > MAX_MESSAGE_BODY_BYTES) throw new MessageBodyTooLargeError(content.byteLength);
  const payload = new Uint8Array(content.byteLength + 1);
  payload[0] = typeof body === 'string' ? TEXT : BYTES;
  payload.set(content, 1);
  return payload;
};

const checkBody = (body: unknown): void => {
  if (typeof body === 'string' || body instanceof Uint8Array) return;
  throw new InvalidOptionError('body', 'must be text or a Uint8Array', body);
};

/** @throws {@link MessageUnreadableError} */
export const decodeMessageBody = (payload: Uint8Array): MessageBody => {
  const content = payload.subarray(1);
  if (payload[0] === BYTES) return content;
  if (payload[0] !== TEXT) throw new MessageUnreadableError(`its kind ${payload[0] ?? 'is missing'} is unknown`);
  try {
    // A byte order mark is part of the text: what was sent is what arrives.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new MessageUnreadableError('its text is not UTF-8');
  }
};
