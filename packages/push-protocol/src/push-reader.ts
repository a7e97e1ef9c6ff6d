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

/** Reads what one side says, in pieces of any size. It keeps one unfinished word at most. */
export interface PushReader<T> {
  /**
   * What has come now; data is given as it comes, so that of one frame may be several.
   * @throws PushProtocolError, WireFormatError; it is of no further use then
   */
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
  /** The head and the body of a word that are not whole yet. */
  let rest = new Uint8Array();
  let missingDataBytes = 0;

  /** @throws PushProtocolError */
  const readHead = (head: Uint8Array): { readonly isData: boolean; readonly length: number } => {
    const type = head[0];
    const length = new DataView(head.buffer, head.byteOffset, PUSH_HEADER_BYTES).getUint32(1);
    if (type !== WORD && (type !== DATA || data === null)) throw new PushProtocolError('a frame has an unknown type');
    if (length === 0 || length > (type === WORD ? MAX_WORD_BYTES : MAX_PUSH_DATA_BYTES)) {
      throw new PushProtocolError('a frame is empty or too long');
    }
    return { isData: type === DATA, length };
  };

  return {
    read: (bytes) => {
      const all = rest.byteLength === 0 ? bytes : joined(rest, bytes);
      const whole: T[] = [];
      let at = 0;
      while (at < all.byteLength) {
        if (missingDataBytes > 0 && data !== null) {
          const piece = all.subarray(at, at + missingDataBytes);
          missingDataBytes -= piece.byteLength;
          at += piece.byteLength;
          whole.push(data(piece));
          continue;
        }
        if (all.byteLength - at < PUSH_HEADER_BYTES) break;
        const { isData, length } = readHead(all.subarray(at));
        const bodyAt = at + PUSH_HEADER_BYTES;
        if (isData) missingDataBytes = length;
        else if (all.byteLength - bodyAt < length) break;
        else whole.push(decodeFrame(copyOf(all.subarray(bodyAt, bodyAt + length)), word, { maxBytes: MAX_WORD_BYTES }));
        at = isData ? bodyAt : bodyAt + length;
      }
      // What comes next may be long in coming, and this is a small part of what came.
      rest = new Uint8Array(all.subarray(at));
      return whole;
    },
    get isAtBoundary() {
      return rest.byteLength === 0 && missingDataBytes === 0;
    },
  };
};

/** With memory of its own; a buffer's own `slice` would share it. */
const copyOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength).slice();

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> => {
  const all = new Uint8Array(first.byteLength + second.byteLength);
  all.set(first);
  all.set(second, first.byteLength);
  return all;
};
