import { MAX_MESSAGE_BODY_BYTES } from '@bowline/contracts';
import type { MessagePart } from './link-frame.ts';

/** Largest message on the wire, bytes: a whole body behind the byte that tells its kind. */
export const MAX_MESSAGE_BYTES = MAX_MESSAGE_BODY_BYTES + 1;

/** The same for the release before this one, which counted the byte that tells the kind. A larger one ends its link. */
export const EARLIER_MAX_MESSAGE_BYTES = MAX_MESSAGE_BODY_BYTES;

/**
 * Largest part of a message, bytes. On a line of 100 kbit/s a part takes 1.3 s, so that even there something is heard
 * before the default 1.5 s without a word end the link; it also bounds how long a pong waits behind a part.
 */
export const MAX_PART_BYTES = 16_384;

/** Cuts a message into the parts it travels in; an empty message is one empty part. */
export function* messageParts(sequence: number, payload: Uint8Array): Generator<MessagePart, void, undefined> {
  const sizeBytes = payload.length;
  let offset = 0;
  do {
    const part = payload.subarray(offset, offset + MAX_PART_BYTES);
    yield { sequence, sizeBytes, offset, part };
    offset += part.length;
  } while (offset < sizeBytes);
}

/** A message whose last part has arrived. */
export interface AssembledMessage {
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** What a part made: a whole message, nothing yet, or proof that the sender does not keep the rules. */
export type AssemblyResult =
  | { readonly outcome: 'complete'; readonly message: AssembledMessage }
  | { readonly outcome: 'partial' }
  | { readonly outcome: 'violation' };

/** Puts the messages of one connection together: one at a time, parts in order, sequences rising. */
export interface MessageAssembly {
  add(part: MessagePart): AssemblyResult;
}

/** Holds at most one message of {@link MAX_MESSAGE_BYTES}; made anew for every connection. */
export const messageAssembly = (): MessageAssembly => {
  let lastSequence = 0;
  let open: { readonly sequence: number; readonly payload: Uint8Array; filledBytes: number } | null = null;

  const begin = ({ sequence, sizeBytes, offset }: MessagePart): typeof open =>
    sequence > lastSequence && offset === 0 && sizeBytes <= MAX_MESSAGE_BYTES
      ? { sequence, payload: new Uint8Array(sizeBytes), filledBytes: 0 }
      : null;

  return {
    add: (part) => {
      open ??= begin(part);
      const fits =
        open !== null &&
        open.sequence === part.sequence &&
        open.payload.length === part.sizeBytes &&
        open.filledBytes === part.offset &&
        part.offset + part.part.length <= part.sizeBytes;
      if (open === null || !fits) return { outcome: 'violation' };
      open.payload.set(part.part, part.offset);
      open.filledBytes += part.part.length;
      if (open.filledBytes < part.sizeBytes) return { outcome: 'partial' };
      const { sequence, payload } = open;
      lastSequence = sequence;
      open = null;
      return { outcome: 'complete', message: { sequence, payload } };
    },
  };
};
