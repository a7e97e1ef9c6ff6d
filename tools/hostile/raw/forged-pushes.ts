import { createHash } from 'node:crypto';
import {
  encodePushRequest,
  MAX_PATH_PARTS,
  MAX_PUSH_FILES,
  PARTIAL_FOLDER,
  PUSH_HEADER_BYTES,
  type PushRequest,
} from '@bowline/push-protocol';
import { encodeFrame } from '@bowline/wire-format';

const hashOf = (content: Uint8Array): Uint8Array => createHash('sha256').update(content).digest();

/** Any word, whether a push has such a one or not. */
const word = (content: unknown): Uint8Array => {
  const body = encodeFrame(content);
  const frame = Buffer.alloc(PUSH_HEADER_BYTES + body.byteLength);
  frame.writeUInt8(1, 0);
  frame.writeUInt32BE(body.byteLength, 1);
  frame.set(body, PUSH_HEADER_BYTES);
  return frame;
};

const data = (bytes: Uint8Array): Uint8Array => encodePushRequest({ kind: 'data', bytes });

const BEGIN_WORD = { kind: 'begin', run: new Uint8Array(16).fill(6), push: 1, files: 1, bytes: 10 } as const;

/** What a push begins with. */
export const pushBegin = (push: number): Uint8Array => encodePushRequest({ ...BEGIN_WORD, push });

/** An offer of a file, and nothing of it. @param changed what is different about it */
export const pushOffer = (content: Uint8Array, changed: Readonly<Record<string, unknown>> = {}): Uint8Array =>
  word({ kind: 'file', index: 0, path: ['file'], sizeBytes: content.byteLength, hash: hashOf(content), ...changed });

const large = (changed: Readonly<Record<string, unknown>> = {}): Uint8Array =>
  word({ kind: 'large', index: 0, path: ['large'], sizeBytes: 10, mark: new Uint8Array(16), ...changed });

let pushes = 0;

/** A push ends the one before it of the same number, and each of these is to come to its own end. */
const begin = (changed: Readonly<Record<string, unknown>> = {}): Uint8Array => {
  pushes += 1;
  return word({ ...BEGIN_WORD, push: 1_000 + pushes, ...changed });
};

/** A path that leads elsewhere, or nowhere; what is pushed there stays in the folder under another name. */
const PATHS: readonly (readonly string[])[] = [
  ['..', '..', 'escaped'],
  ['/etc/escaped'],
  ['..\\..\\escaped'],
  ['nul\u0000byte'],
  ['NUL'],
  ['con.txt'],
  ['COM1'],
  ['.'],
  [PARTIAL_FOLDER, 'inside'],
  [PARTIAL_FOLDER.toUpperCase()],
  ['x'.repeat(4_000)],
  ['way out', 'escaped'],
  ['ways', 'out'],
];

/** What a paired device says as a push, and what comes of it: it is reset, or hears its word, or its file is saved. */
export type ForgedPush = readonly [
  what: string,
  outcome: 'reset' | 'stop' | 'failed' | 'saved',
  pieces: readonly Uint8Array[],
];

/** @param content of their files, which nobody has pushed before */
export const forgedPushes = (content: Uint8Array): readonly ForgedPush[] => [
  ['an offer before the beginning', 'reset', [pushOffer(content)]],
  ['two beginnings', 'reset', [begin(), begin()]],
  ['an offer twice', 'reset', [begin(), pushOffer(content), data(content), pushOffer(content)]],
  ['an offer out of turn', 'reset', [begin(), pushOffer(content, { index: 7 })]],
  ['a negative size', 'reset', [begin(), pushOffer(content, { sizeBytes: -1 })]],
  ['a size beyond all files', 'reset', [begin(), pushOffer(content, { sizeBytes: Number.MAX_SAFE_INTEGER })]],
  ['a size that is none', 'reset', [begin(), pushOffer(content, { sizeBytes: 1.5 })]],
  ['a path of nothing', 'reset', [begin(), pushOffer(content, { path: [] })]],
  ['a path of an empty name', 'reset', [begin(), pushOffer(content, { path: [''] })]],
  ['a path too deep', 'reset', [begin(), pushOffer(content, { path: Array(MAX_PATH_PARTS + 1).fill('a') })]],
  ['a path too long', 'reset', [begin(), pushOffer(content, { path: ['x'.repeat(2_500), 'y'.repeat(2_500)] })]],
  ['a path that is no list', 'reset', [begin(), pushOffer(content, { path: 'file' })]],
  ['a link', 'reset', [begin(), pushOffer(content, { target: '/etc/passwd' })]],
  ['a hash too short', 'reset', [begin(), pushOffer(content, { hash: new Uint8Array(31) })]],
  ['a small file that is large', 'reset', [begin(), pushOffer(content, { kind: 'small', sizeBytes: 100_000 })]],
  ['a word there is not', 'reset', [begin(), word({ kind: 'rename', from: 'a', to: 'b' })]],
  ['more files than may come', 'reset', [begin({ files: MAX_PUSH_FILES + 1 })]],
  ['bytes of nothing', 'reset', [begin(), data(content)]],
  ['bytes beyond the size', 'reset', [begin(), pushOffer(content), data(Buffer.concat([content, content]))]],
  ['fewer bytes than the size', 'reset', [begin(), pushOffer(content), data(content.subarray(1))]],
  ['a hash of nothing', 'reset', [begin(), word({ kind: 'hash', hash: hashOf(content) })]],
  ['nothing to abandon', 'reset', [begin(), word({ kind: 'abandon' })]],
  ['half a word', 'reset', [begin(), pushOffer(content).subarray(0, 20)]],
  ['a word of 4 GiB', 'reset', [begin(), Buffer.from([1, 255, 255, 255, 255])]],
  ['bytes of 4 GiB', 'reset', [begin(), pushOffer(content), Buffer.from([2, 255, 255, 255, 255])]],
  ['a frame of no type', 'reset', [begin(), Buffer.from([9, 0, 0, 0, 1, 0])]],
  ['more than is taken', 'stop', [begin({ bytes: 2 ** 50 })]],
  ['a file larger than is taken', 'stop', [begin(), large({ sizeBytes: 2 ** 50 })]],
  [
    'other bytes than were offered',
    'failed',
    [begin(), pushOffer(content, { path: ['lie'] }), data(content.map((byte) => byte ^ 1))],
  ],
  ...PATHS.map((path): ForgedPush => {
    const request: PushRequest = { kind: 'file', index: 0, path, sizeBytes: content.byteLength, hash: hashOf(content) };
    const shown = path.join('/').replaceAll('\0', '␀').slice(0, 24);
    return [`the path ${shown}`, 'saved', [begin(), encodePushRequest(request), data(content)]];
  }),
];
