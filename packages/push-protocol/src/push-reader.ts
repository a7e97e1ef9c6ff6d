import { decodeFrame } from '@bowline/wire-format';
import type { ZodType } from 'zod';
import { PushProtocolError } from './errors.ts';
import {
  answerWord,
  DATA,
  MAX_PUSH_DATA_BYTES,
  MAX_WORD_BYTES,
  PUSH_HEADER_BYTES,
  type PushAnswer,
  type PushRequest,
  requestWord,
  WORD,
} from './push-frame.ts';

/** Reads what one side says, in pieces of any size. It keeps one unfinished frame at most. */
export interface PushReader<T> {
  /** What is whole now. @throws PushProtocolError, WireFormatError; it is of no further use then */
  read(bytes: Uint8Array): readonly T[];
  /** Whether nothing is left that is not whole. */
  readonly isAtBoundary: boolean;
}

/** What a sender says. */
export const pushRequestReader = (): PushReader<PushRequest> =>
  reader<PushRequest>(requestWord, (bytes) => ({ kind: 'data', bytes }));

/** What a receiver says. */
export const pushAnswerReader = (): PushReader<PushAnswer> => reader<PushAnswer>(answerWord, null);

const reader = <T>(word: ZodType<T>, data: ((bytes: Uint8Array) => T) | null): PushReader<T> => {
  let rest: Buffer = Buffer.alloc(0);

  /** Length of the frame's body. */
  const checkedLength = (head: Buffer): number => {
    const type = head.readUInt8(0);
    const length = head.readUInt32BE(1);
    if (type !== WORD && (type !== DATA || data === null)) throw new PushProtocolError('a frame has an unknown type');
    if (length === 0 || length > (type === WORD ? MAX_WORD_BYTES : MAX_PUSH_DATA_BYTES)) {
      throw new PushProtocolError('a frame is empty or too long');
    }
    return length;
  };

  return {
    read: (bytes) => {
      const all = rest.byteLength === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
      const whole: T[] = [];
      let at = 0;
      while (all.byteLength - at >= PUSH_HEADER_BYTES) {
        const head = all.subarray(at, at + PUSH_HEADER_BYTES);
        const end = at + PUSH_HEADER_BYTES + checkedLength(head);
        if (all.byteLength < end) break;
        const body = all.subarray(at + PUSH_HEADER_BYTES, end);
        const isData = head.readUInt8(0) === DATA && data !== null;
        whole.push(isData ? data(body) : decodeFrame(Uint8Array.from(body), word, { maxBytes: MAX_WORD_BYTES }));
        at = end;
      }
      rest = Buffer.from(all.subarray(at));
      return whole;
    },
    get isAtBoundary() {
      return rest.byteLength === 0;
    },
  };
};
