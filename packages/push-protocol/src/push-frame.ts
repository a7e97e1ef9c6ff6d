import { boundedInteger, boundedString, bytes, encodeFrame } from '@bowline/wire-format';
import { z } from 'zod';

/** Type, and length of what follows. */
export const PUSH_HEADER_BYTES = 5;

/** Most bytes of a file in one frame: as many as one frame of a stream carries. */
export const MAX_PUSH_DATA_BYTES = 61_440;

/** Most bytes of one word: the longest path, and room for what stands beside it. */
export const MAX_WORD_BYTES = 8_192;

/** SHA-256. */
export const HASH_BYTES = 32;

/** What tells one state of a file at its sender from another. */
export const MARK_BYTES = 16;

/** Largest file that may be said together with its offer, bytes: what one frame takes. */
export const MAX_SMALL_FILE_BYTES = 61_440;

/** Bytes that name one run of a sender. */
export const RUN_BYTES = 16;

/** Most names in a path. */
export const MAX_PATH_PARTS = 64;

/** Most bytes of a path in UTF-8, without what stands between its names: as much as Linux takes. */
export const MAX_PATH_BYTES = 4_096;

/** Most files and folders of one push. */
export const MAX_PUSH_FILES = 1_000_000;

/** Most files that were offered and are neither saved nor failed: so many need no round trip of their own. */
export const MAX_UNSETTLED_FILES = 256;

/** Largest file, bytes. */
const MAX_FILE_BYTES = 2 ** 52;

/**
 * Why one file is not saved: `changed`: its bytes do not fit its hash; `name`: every name that it could have is taken;
 * `storage`: the folder could not be written.
 */
export type PushFailure = 'changed' | 'name' | 'storage';

/**
 * Why a push ends early. `too-large`: above what the receiver takes of one push; `no-room`: the receiver's disk has no room
 * for the next file; `busy`: the receiver takes as many pushes as it may already; `storage`: its folder cannot be used, as it is
 * gone or may not be written.
 */
export type PushStop = 'too-large' | 'no-room' | 'busy' | 'storage';

/** What the sender says. */
export type PushRequest =
  /**
   * First, and once: what is coming. `run` is random, and the same until the sender starts anew; `push` counts its pushes,
   * and is the same on every stream that one takes.
   */
  | {
      readonly kind: 'begin';
      readonly run: Uint8Array;
      readonly push: number;
      readonly files: number;
      readonly bytes: number;
    }
  | { readonly kind: 'folder'; readonly path: readonly string[] }
  /** Offers a file; `index` counts the offers from 0. */
  | {
      readonly kind: 'file';
      readonly index: number;
      readonly path: readonly string[];
      readonly sizeBytes: number;
      readonly hash: Uint8Array;
    }
  /** Offers a file of {@link MAX_SMALL_FILE_BYTES} at most, whose bytes follow before anything else is said. */
  | {
      readonly kind: 'small';
      readonly index: number;
      readonly path: readonly string[];
      readonly sizeBytes: number;
      readonly hash: Uint8Array;
    }
  /** Offers a file whose hash is said after its last byte. `mark` is another one once the file has changed. */
  | {
      readonly kind: 'large';
      readonly index: number;
      readonly path: readonly string[];
      readonly sizeBytes: number;
      readonly mark: Uint8Array;
    }
  /** All bytes of the file that is due, which was offered as `large`, have been said, and this is its hash. */
  | { readonly kind: 'hash'; readonly hash: Uint8Array }
  /** The rest of the file that is due will not come: it changed, or cannot be read any more. */
  | { readonly kind: 'abandon' }
  /** The next bytes of the file that is due: one just offered as `small`, else the first one taken that is not whole. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array };

/** What the receiver says. */
export type PushAnswer =
  /** Send this file from `offset` on; what comes before is here. Files are due in the order of these. */
  | { readonly kind: 'take'; readonly index: number; readonly offset: number }
  /** A file of the size of one offered as `large` has its name. It is to be offered again, with its hash. */
  | { readonly kind: 'ask'; readonly index: number }
  /** It is saved under the path that it has in the folder; `wasHere`: it was already, byte for byte. */
  | { readonly kind: 'saved'; readonly index: number; readonly path: readonly string[]; readonly wasHere: boolean }
  | { readonly kind: 'failed'; readonly index: number; readonly reason: PushFailure }
  | { readonly kind: 'stop'; readonly reason: PushStop }
  /** Last: everything that was saved is on the disk. */
  | { readonly kind: 'done' };

const path = z
  .array(boundedString(MAX_PATH_BYTES, 1))
  .min(1)
  .max(MAX_PATH_PARTS)
  .refine((parts) => parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0) <= MAX_PATH_BYTES);
const index = boundedInteger(2 ** 32);
const sizeBytes = boundedInteger(MAX_FILE_BYTES);
const hash = bytes(HASH_BYTES);

/** Words of the sender; data has a form of its own. */
export const requestWord: z.ZodType<Exclude<PushRequest, { kind: 'data' }>> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('begin'),
    run: bytes(RUN_BYTES),
    push: boundedInteger(2 ** 32),
    files: boundedInteger(MAX_PUSH_FILES),
    bytes: sizeBytes,
  }),
  z.strictObject({ kind: z.literal('folder'), path }),
  z.strictObject({ kind: z.literal('file'), index, path, sizeBytes, hash }),
  z.strictObject({ kind: z.literal('small'), index, path, sizeBytes: boundedInteger(MAX_SMALL_FILE_BYTES), hash }),
  z.strictObject({ kind: z.literal('large'), index, path, sizeBytes, mark: bytes(MARK_BYTES) }),
  z.strictObject({ kind: z.literal('hash'), hash }),
  z.strictObject({ kind: z.literal('abandon') }),
]);

export const answerWord: z.ZodType<PushAnswer> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('take'), index, offset: sizeBytes }),
  z.strictObject({ kind: z.literal('ask'), index }),
  z.strictObject({ kind: z.literal('saved'), index, path, wasHere: z.boolean() }),
  z.strictObject({ kind: z.literal('failed'), index, reason: z.enum(['changed', 'name', 'storage']) }),
  z.strictObject({ kind: z.literal('stop'), reason: z.enum(['too-large', 'no-room', 'busy', 'storage']) }),
  z.strictObject({ kind: z.literal('done') }),
]);

/** Types of frames. */
export const WORD = 1;
export const DATA = 2;

const wordFrame = (word: Exclude<PushRequest, { kind: 'data' }> | PushAnswer): Uint8Array => {
  const body = encodeFrame(word);
  const frame = Buffer.alloc(PUSH_HEADER_BYTES + body.byteLength);
  frame.writeUInt8(WORD, 0);
  frame.writeUInt32BE(body.byteLength, 1);
  frame.set(body, PUSH_HEADER_BYTES);
  return frame;
};

/** Writes the head of a data frame to the beginning of `frame`, whose bytes follow. */
export const writeDataHeader = (frame: Buffer, sizeBytes: number): void => {
  frame.writeUInt8(DATA, 0);
  frame.writeUInt32BE(sizeBytes, 1);
};

export const encodePushRequest = (request: PushRequest): Uint8Array => {
  if (request.kind !== 'data') return wordFrame(request);
  const frame = Buffer.alloc(PUSH_HEADER_BYTES + request.bytes.byteLength);
  writeDataHeader(frame, request.bytes.byteLength);
  frame.set(request.bytes, PUSH_HEADER_BYTES);
  return frame;
};

export const encodePushAnswer = (answer: PushAnswer): Uint8Array => wordFrame(answer);
