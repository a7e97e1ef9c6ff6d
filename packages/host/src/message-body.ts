import { BowlineError, InvalidOptionError } from '@bowline/contracts';

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

/** @throws InvalidOptionError for what is neither text nor bytes */
export const encodeMessageBody = (body: MessageBody): Uint8Array => {
  checkBody(body);
  const content = typeof body === 'string' ? new TextEncoder().encode(body) : body;
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
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new MessageUnreadableError('its text is not UTF-8');
  }
};
