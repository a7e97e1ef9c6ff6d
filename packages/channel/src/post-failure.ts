import type { ChannelMessage } from './channel-message.ts';
import { type ErrorEnvelope, toErrorEnvelope } from './error-envelope.ts';
import type { Transport } from './transport.ts';

/** Posts a message made of whatever was thrown; it always can be carried. */
export const postFailure = (
  transport: Transport,
  error: unknown,
  messageOf: (envelope: ErrorEnvelope) => ChannelMessage,
): void => {
  const envelope = toErrorEnvelope(error);
  try {
    transport.post(messageOf(envelope));
  } catch {
    // Only `data` can hold what is not carried; the rest still tells the caller what to do.
    const { name, code, message, retryable } = envelope;
    transport.post(messageOf({ name, code, message, ...(retryable === undefined ? {} : { retryable }) }));
  }
};
