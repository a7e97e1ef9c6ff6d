import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodePushAnswer,
  encodePushRequest,
  PARTIAL_FOLDER,
  type PushAnswer,
  type PushRequest,
  pushAnswerReader,
  pushRequestReader,
} from '@bowline/push-protocol';
import { fakeClock, memoryLogger, seededRandom } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type PushItem, pushItem } from '../../src/push/push-item.ts';
import { pushPlan } from '../../src/push/push-plan.ts';
import { receivePush } from '../../src/push/receive-push.ts';
import { receivingFolder } from '../../src/push/receiving-folder.ts';
import { type PromisedRoom, receivingShare } from '../../src/push/receiving-share.ts';
import { sendPush } from '../../src/push/send-push.ts';
import { readSmallFiles, type SmallFileToSave, saveSmallFiles } from '../../src/push/small-files.task.ts';
import { type StreamPair, streamPair } from './stream-pair.ts';

const random = seededRandom(19);
const RUN = new Uint8Array(16);
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** A sender's folder and a receiver's, and pushes between them over streams within this process. */
class Folders {
  readonly here: string;
  readonly there: string;
  readonly share = receivingShare();
  hasThreads = true as boolean;
  readonly #signal = new AbortController().signal;
  #pushes = 0;
  #promised: PromisedRoom | undefined;

  constructor() {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bowline-conversation-')));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    this.here = join(folder, 'here');
    this.there = join(folder, 'there');
    for (const each of [this.here, this.there]) mkdirSync(each);
  }

  put(name: string, sizeBytes: number): Buffer {
    const content = Buffer.from(random.bytes(sizeBytes));
    writeFileSync(join(this.here, name), content);
    return content;
  }

  saved(name: string): Buffer {
    return readFileSync(join(this.there, 'here', name));
  }

  /** Of the last push that began, however it ended. */
  get promisedBytes(): number | undefined {
    return this.#promised?.bytes;
  }

  get partials(): readonly string[] {
    const folder = join(this.there, PARTIAL_FOLDER);
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  async items(): Promise<readonly PushItem[]> {
    return (await pushPlan([this.here])).entries.map(pushItem);
  }

  receive({ far }: StreamPair): Promise<void> {
    const folder = receivingFolder(this.there, 'sender');
    const [clock, logger, signal] = [fakeClock(), memoryLogger(), this.#signal];
    const jobs = {
      saveSmallFiles: async (files: readonly SmallFileToSave[]) => {
        if (!this.hasThreads) throw new Error('no thread');
        return saveSmallFiles({ files });
      },
    };
    const received = receivePush(far, { folder, share: this.share, maxBytes: 1e9, jobs, clock, logger, signal });
    this.#promised = this.share.promisedTo(far.device.id);
    return received.then(() => far.end());
  }

  /** @param onMoved hears how many bytes of the files are there */
  async push(
    items: readonly PushItem[],
    pair: StreamPair,
    { takesUnhashed = true, onMoved = (_bytes: number): void => undefined } = {},
  ): Promise<void> {
    let bytes = 0;
    const watcher = {
      moved: (more: number): void => {
        bytes += more;
        onMoved(bytes);
      },
      settled: () => undefined,
    };
    this.#pushes += 1;
    const jobs = {
      readSmallFiles: async (paths: readonly string[], maxBytes: number) => {
        if (!this.hasThreads) throw new Error('no thread');
        return readSmallFiles({ paths, maxBytes });
      },
    };
    const said = { run: RUN, push: this.#pushes, takesUnhashed, watcher, jobs, signal: this.#signal };
    await sendPush(pair.near, items, said);
  }

  async pushAll(options: { takesUnhashed?: boolean } = {}): Promise<{ items: readonly PushItem[]; bytes: number }> {
    const [items, pair] = [await this.items(), streamPair()];
    await Promise.all([this.receive(pair), this.push(items, pair, options)]);
    return { items, bytes: pair.arrivedBytes() };
  }
}

/** Says `words` to a receiver, and gives what it answers until it ends, and how. */
const converse = async (folders: Folders, words: readonly PushRequest[]) => {
  const pair = streamPair();
  const receiving = folders.receive(pair).then(
    () => null,
    (error: unknown) => {
      pair.cut();
      return (error as { code?: string }).code ?? String(error);
    },
  );
  const answers: PushAnswer[] = [];
  const reader = pushAnswerReader();
  for (const word of words) await pair.near.write(encodePushRequest(word)).catch(() => undefined);
  await pair.near.end();
  try {
    for await (const bytes of pair.near) answers.push(...reader.read(bytes));
  } catch {
    // The receiver's own failure says why.
  }
  return { answers, code: await receiving };
};

describe.each([
  ['hashes what it offers', false],
  ['says the hash of a large file last', true],
])('a push that %s', (_name, takesUnhashed) => {
  it('brings files of every size, equal to the byte', async () => {
    const folders = new Folders();
    const sizes = [0, 1, 4_096, 61_440, 61_441, 491_520, 3_000_001, 4_915_200];
    const contents = sizes.map((size) => folders.put(`of-${size}`, size));
    mkdirSync(join(folders.here, 'empty'));
    const { items } = await folders.pushAll({ takesUnhashed });
    for (const [index, size] of sizes.entries()) {
      expect(folders.saved(`of-${size}`).equals(contents[index] as Buffer)).toBe(true);
    }
    expect(statSync(join(folders.there, 'here/empty')).isDirectory()).toBe(true);
    expect(items.every(({ entry, state }) => entry.isFolder || state === 'saved')).toBe(true);
    expect(folders.partials).toEqual([]);
    expect([folders.promisedBytes, folders.share.inUse.size, folders.share.pushes.size]).toEqual([0, 0, 0]);
  });

  it('sends nothing of a large file twice, and of many small ones a few', async () => {
    const folders = new Folders();
    for (let index = 0; index < 300; index += 1) folders.put(`small-${index}`, 4_096);
    folders.put('large', 2_000_000);
    await folders.pushAll({ takesUnhashed });
    const { items, bytes } = await folders.pushAll({ takesUnhashed });
    expect(items.every(({ state }) => state === 'saved')).toBe(true);
    expect(bytes).toBeLessThan(600_000);
    expect(readdirSync(join(folders.there, 'here'))).toHaveLength(301);
  });

  it('goes on where it was when its stream is lost', async () => {
    const folders = new Folders();
    const content = folders.put('film', 6_000_000);
    const [items, pair] = [await folders.items(), streamPair()];
    const receiving = folders.receive(pair).catch(() => undefined);
    const onMoved = (bytes: number): void => {
      if (bytes > 4_000_000) pair.cut();
    };
    await expect(folders.push(items, pair, { takesUnhashed, onMoved })).rejects.toMatchObject({ code: 'STREAM_LOST' });
    await receiving;
    const next = streamPair();
    await Promise.all([folders.receive(next), folders.push(items, next, { takesUnhashed })]);
    expect(next.arrivedBytes()).toBeLessThan(4_000_000);
    expect(folders.saved('film').equals(content)).toBe(true);
    expect(folders.partials).toEqual([]);
  });

  it('sends a file anew whose beginning is not what came first', async () => {
    const folders = new Folders();
    const content = folders.put('film', 6_000_000);
    const [items, pair] = [await folders.items(), streamPair()];
    const receiving = folders.receive(pair).catch(() => undefined);
    const onMoved = (bytes: number): void => {
      if (bytes > 3_000_000) pair.cut();
    };
    await folders.push(items, pair, { takesUnhashed, onMoved }).catch(() => undefined);
    await receiving;
    const [partial = ''] = folders.partials;
    const path = join(folders.there, PARTIAL_FOLDER, partial);
    const spoilt = readFileSync(path);
    spoilt.writeUInt8(spoilt.readUInt8(5) ^ 1, 5);
    writeFileSync(path, spoilt);
    const next = streamPair();
    await Promise.all([folders.receive(next), folders.push(items, next, { takesUnhashed })]);
    expect(items[0]).toMatchObject({ state: 'saved', attempts: 1 });
    expect(folders.saved('film').equals(content)).toBe(true);
  });

  it('pushes a file that changes meanwhile as it is then', async () => {
    const folders = new Folders();
    folders.put('log', 6_000_000);
    let changed: Buffer | null = null;
    const [items, pair] = [await folders.items(), streamPair()];
    const onMoved = (bytes: number): void => {
      if (changed !== null || bytes < 2_000_000) return;
      changed = folders.put('log', 6_000_000);
      // A file system may count time in steps that are longer than this takes.
      utimesSync(join(folders.here, 'log'), 1, 1);
    };
    await Promise.all([folders.receive(pair), folders.push(items, pair, { takesUnhashed, onMoved })]);
    expect(items[0]).toMatchObject({ state: 'saved', attempts: 1 });
    expect(folders.saved('log').equals(changed as unknown as Buffer)).toBe(true);
  });
});

it('a receiver gives back what it has read', async () => {
  const folders = new Folders();
  const content = folders.put('film', 2_000_000);
  const [items, pair] = [await folders.items(), streamPair()];
  const pieces: Uint8Array[] = [];
  const far: StreamPair['far'] = {
    ...pair.far,
    async *[Symbol.asyncIterator]() {
      for await (const bytes of pair.far) {
        pieces.push(bytes);
        yield bytes;
      }
    },
  };
  await Promise.all([folders.receive({ ...pair, far }), folders.push(items, pair)]);
  expect(folders.saved('film').equals(content)).toBe(true);
  expect(pieces.length).toBeGreaterThan(3);
  expect(pieces.map(({ byteLength }) => byteLength)).toEqual(pieces.map(() => 0));
});

it('a push does without threads what they would not do', async () => {
  const folders = new Folders();
  folders.hasThreads = false;
  const contents = Array.from({ length: 100 }, (_, index) => folders.put(`small-${index}`, 4_096));
  const { items } = await folders.pushAll();
  expect(items.every(({ state }) => state === 'saved')).toBe(true);
  for (const [index, content] of contents.entries()) {
    expect(folders.saved(`small-${index}`).equals(content)).toBe(true);
  }
  expect(folders.partials).toEqual([]);
});

describe('a sender', () => {
  it('reads of a large file nothing before it offers it, and says its hash at the end', async () => {
    const folders = new Folders();
    const content = folders.put('film', 1_000_000);
    const [items, pair] = [await folders.items(), streamPair()];
    const pushing = folders.push(items, pair);
    const reader = pushRequestReader();
    const said: PushRequest[] = [];
    for await (const bytes of pair.far) {
      for (const request of reader.read(bytes)) {
        said.push(request);
        if (request.kind === 'large') await pair.far.write(encodePushAnswer({ kind: 'take', index: 0, offset: 0 }));
        if (request.kind !== 'hash') continue;
        await pair.far.write(encodePushAnswer({ kind: 'saved', index: 0, path: ['film'], wasHere: false }));
      }
    }
    await pair.far.write(encodePushAnswer({ kind: 'done' }));
    await pair.far.end();
    await pushing;
    expect([...new Set(said.map(({ kind }) => kind))]).toEqual(['begin', 'large', 'data', 'hash']);
    expect(said.at(-1)).toMatchObject({ kind: 'hash', hash: new Uint8Array(sha256(content)) });
  });
});

describe('a receiver', () => {
  const BEGIN: PushRequest = { kind: 'begin', run: RUN, push: 1, files: 1, bytes: 10 };
  const TEN = Buffer.from('0123456789');
  const [hash, mark] = [sha256(TEN), new Uint8Array(16)];
  const small = (path: string, index = 0): PushRequest => ({ kind: 'small', index, path: [path], sizeBytes: 10, hash });
  const large = (path: string, index = 0): PushRequest => ({ kind: 'large', index, path: [path], sizeBytes: 10, mark });
  const hashed = (path: string, index = 0): PushRequest => ({ kind: 'file', index, path: [path], sizeBytes: 10, hash });
  const data = (bytes: Uint8Array): PushRequest => ({ kind: 'data', bytes });

  it('saves what fits its hash, and nothing else', async () => {
    const folders = new Folders();
    const lie = data(Buffer.from('9876543210'));
    const { answers, code } = await converse(folders, [
      BEGIN,
      small('true'),
      data(TEN),
      small('false', 1),
      lie,
      large('large', 2),
      data(TEN),
      { kind: 'hash', hash },
      large('lie', 3),
      lie,
      { kind: 'hash', hash },
      large('abandoned', 4),
      data(TEN),
      { kind: 'abandon' },
    ]);
    expect(code).toBeNull();
    const last = new Map(answers.flatMap((answer) => ('index' in answer ? [[answer.index, answer.kind]] : [])));
    expect([...last].toSorted(([one], [other]) => one - other)).toEqual([
      [0, 'saved'],
      [1, 'failed'],
      [2, 'saved'],
      [3, 'failed'],
      [4, 'failed'],
    ]);
    expect(readdirSync(folders.there).sort()).toEqual([PARTIAL_FOLDER, 'large', 'true']);
    expect(folders.partials).toEqual([]);
  });

  it('says that its folder is gone, moved or cannot be written, instead of nothing', async () => {
    const gone = new Folders();
    rmSync(gone.there, { recursive: true });
    expect(await converse(gone, [BEGIN, small('a'), data(TEN)])).toEqual({
      answers: [{ kind: 'stop', reason: 'storage' }],
      code: null,
    });
    const moved = new Folders();
    renameSync(moved.there, `${moved.there}-elsewhere`);
    onTestFinished(() => rmSync(`${moved.there}-elsewhere`, { recursive: true, force: true }));
    symlinkSync(`${moved.there}-elsewhere`, moved.there);
    expect((await converse(moved, [BEGIN])).answers).toEqual([{ kind: 'stop', reason: 'storage' }]);
    const unwritable = new Folders();
    writeFileSync(join(unwritable.there, PARTIAL_FOLDER), 'no folder');
    expect((await converse(unwritable, [BEGIN])).answers).toEqual([{ kind: 'stop', reason: 'storage' }]);
  });

  it('asks for the hash of what may be there already, and saves equal files of one name once', async () => {
    const folders = new Folders();
    writeFileSync(join(folders.there, 'there'), TEN);
    const { answers } = await converse(folders, [
      BEGIN,
      large('there'),
      hashed('there', 1),
      small('twice', 2),
      data(TEN),
      small('twice', 3),
      data(TEN),
    ]);
    expect(answers).toEqual(
      expect.arrayContaining([
        { kind: 'ask', index: 0 },
        { kind: 'saved', index: 1, path: ['there'], wasHere: true },
      ]),
    );
    const twice = answers.flatMap((answer) => (answer.kind === 'saved' && answer.index >= 2 ? [answer] : []));
    expect(twice.map(({ path }) => path)).toEqual([['twice'], ['twice']]);
    expect(twice.filter(({ wasHere }) => wasHere)).toHaveLength(1);
  });

  it.each([
    ['its mark', mark, large('there')],
    ['its hash', hash, hashed('there')],
  ])(
    'leaves nothing of a file that a cut kept from being removed under %s, once it is answered for',
    async (_, key, offer) => {
      const folders = new Folders();
      await converse(folders, [BEGIN]);
      writeFileSync(join(folders.there, 'there'), TEN);
      const place = receivingFolder(folders.there, 'sender');
      linkSync(join(folders.there, 'there'), place.partialPath(await place.destinationOf(['there']), key));
      await converse(folders, [BEGIN, offer, hashed('there', 1)]);
      expect(folders.partials).toEqual([]);
      expect(readFileSync(join(folders.there, 'there'))).toEqual(TEN);
    },
  );

  it('puts a small file into none of the person that shares its bytes', async () => {
    const folders = new Folders();
    await converse(folders, [BEGIN]);
    const place = receivingFolder(folders.there, 'sender');
    const path = place.partialPath(await place.destinationOf(['new']), hash);
    writeFileSync(join(folders.there, 'mine'), 'mine');
    linkSync(join(folders.there, 'mine'), path);
    await converse(folders, [BEGIN, small('new'), data(TEN)]);
    expect(readFileSync(join(folders.there, 'mine'), 'utf8')).toBe('mine');
    expect(readFileSync(join(folders.there, 'new'))).toEqual(TEN);
  });

  it.each<[string, readonly PushRequest[]]>([
    ['a hash of nothing', [{ kind: 'hash', hash }]],
    ['a hash before the last byte', [large('a'), data(TEN.subarray(1)), { kind: 'hash', hash }]],
    ['a hash that was said', [hashed('a'), data(TEN.subarray(1)), { kind: 'hash', hash }]],
    ['an end before the hash', [large('a'), data(TEN)]],
    ['more of a large file', [large('a'), data(Buffer.concat([TEN, TEN]))]],
    ['more of a small file', [small('a'), data(Buffer.concat([TEN, TEN]))]],
    ['less of a small file', [small('a'), data(TEN.subarray(1))]],
    ['a word within a small file', [small('a'), data(TEN.subarray(1)), small('b', 1)]],
    ['an index again', [small('a'), data(TEN), small('b')]],
  ])('refuses %s', async (_what, words) => {
    const folders = new Folders();
    expect((await converse(folders, [BEGIN, ...words])).code).toBe('PUSH_PROTOCOL_ERROR');
    expect(readdirSync(folders.there).filter((name) => name !== 'a')).toEqual([PARTIAL_FOLDER]);
    expect([folders.promisedBytes, folders.share.inUse.size, folders.share.pushes.size]).toEqual([0, 0, 0]);
  });
});
