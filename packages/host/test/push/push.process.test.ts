import { createHash, randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
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
} from '@bowline/push-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeviceStream, Host } from '../../src/index.ts';
import { killWorker, loopbackDevice, nextEvent, pairHosts } from '../loopback-device.ts';

const SERVICE = 'bowline.push/1';

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-push-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const twoHosts = async () => {
  const [laptopDevice, nasDevice] = [loopbackDevice('laptop'), loopbackDevice('nas')];
  const [laptop, nas] = await Promise.all([laptopDevice.open(), nasDevice.open()]);
  await pairHosts(nas, laptop);
  return { laptop, nas, laptopDevice, nasDevice, there: temporaryFolder(), here: temporaryFolder() };
};

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Every file below a folder and its content's hash; what is not whole is left out. */
const contentOf = (folder: string, below = ''): Record<string, string> => {
  const content: Record<string, string> = {};
  for (const name of readdirSync(join(folder, below))) {
    const path = join(below, name);
    if (name === PARTIAL_FOLDER) continue;
    const found = lstatSync(join(folder, path));
    if (found.isDirectory()) Object.assign(content, contentOf(folder, path));
    else content[path] = found.isSymbolicLink() ? 'link' : sha256(readFileSync(join(folder, path))).toString('hex');
  }
  return content;
};

const partials = (folder: string): readonly string[] => readdirSync(join(folder, PARTIAL_FOLDER));

/** Says `words` to a receiver, and gives what it answers until it ends, and how. */
const converse = async (laptop: Host, words: readonly (PushRequest | Uint8Array)[]) => {
  const stream = await laptop.device('nas').open(SERVICE);
  const answers: PushAnswer[] = [];
  const reader = pushAnswerReader();
  const speak = async (): Promise<void> => {
    for (const word of words) await stream.write(word instanceof Uint8Array ? word : encodePushRequest(word));
    await stream.end();
  };
  const speaking = speak().catch(() => undefined);
  try {
    for await (const bytes of stream) answers.push(...reader.read(bytes));
    return { answers, code: null };
  } catch (error) {
    return { answers, code: (error as { code?: string }).code ?? 'none' };
  } finally {
    await speaking;
  }
};

const RUN = new Uint8Array(16);
const BEGIN: PushRequest = { kind: 'begin', run: RUN, push: 1, files: 1, bytes: 10 };
const fileOf = (path: readonly string[], content: Uint8Array, index = 0): PushRequest => {
  return { kind: 'file', index, path, sizeBytes: content.byteLength, hash: sha256(content) };
};

describe('a push between two hosts', () => {
  it('brings files and folders, equal to the byte, and sends nothing twice', async () => {
    const { laptop, nas, here, there } = await twoHosts();
    mkdirSync(join(here, 'photos/2024/empty'), { recursive: true });
    writeFileSync(join(here, 'photos/large.bin'), randomBytes(3_000_000));
    writeFileSync(join(here, 'photos/nothing'), '');
    for (let index = 0; index < 1_000; index += 1)
      writeFileSync(join(here, `photos/2024/${index}.txt`), `file ${index}`);
    symlinkSync('/etc/passwd', join(here, 'photos/link'));
    await nas.receive({ dir: there, from: [laptop.self.id] });
    const progress: number[] = [];
    const paths = [join(here, 'photos')];
    const onProgress = ({ files }: { readonly files: number }) => progress.push(files);
    const result = await laptop.push(nas.self.id, paths, { onProgress });
    expect(result).toMatchObject({
      files: 1_002,
      savedAs: [],
      skipped: [{ path: join(here, 'photos/link'), reason: 'link' }],
    });
    expect(progress.at(-1)).toBe(1_002);
    rmSync(join(here, 'photos/link'));
    expect(contentOf(there)).toEqual(contentOf(here));
    expect(statSync(join(there, 'photos/2024/empty')).isDirectory()).toBe(true);
    const before = statSync(join(there, 'photos/large.bin'));
    expect((await laptop.push(nas.self.id, paths)).files).toBe(1_002);
    expect(contentOf(there)).toEqual(contentOf(here));
    expect(statSync(join(there, 'photos/large.bin')).mtimeMs).toBe(before.mtimeMs);
    expect(partials(there)).toEqual([]);
  });

  it('never writes over a file or through a link, and says under which name a file is there', async () => {
    const { laptop, nas, here, there } = await twoHosts();
    const outside = temporaryFolder();
    writeFileSync(join(there, 'notes.txt'), 'mine');
    symlinkSync(join(outside, 'new.txt'), join(there, 'new.txt'));
    symlinkSync(outside, join(there, 'folder'));
    mkdirSync(join(here, 'folder'));
    for (const name of ['notes.txt', 'new.txt', 'folder/inside.txt']) writeFileSync(join(here, name), 'theirs');
    await nas.receive({ dir: there });
    const { savedAs } = await laptop.push(
      nas.self.id,
      ['notes.txt', 'new.txt', 'folder'].map((name) => join(here, name)),
    );
    expect(savedAs).toHaveLength(3);
    expect(savedAs).toEqual(
      expect.arrayContaining([
        { path: 'notes.txt', savedAs: 'notes (2).txt' },
        { path: 'new.txt', savedAs: 'new (2).txt' },
        { path: 'folder/inside.txt', savedAs: 'folder (2)/inside.txt' },
      ]),
    );
    expect(readFileSync(join(there, 'notes.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(outside)).toEqual([]);
  });

  it('goes on where it was after the receiver started anew, and after the sender did', async () => {
    const { laptop, nas, laptopDevice, nasDevice, here, there } = await twoHosts();
    const content = randomBytes(16_000_000);
    writeFileSync(join(here, 'film'), content);
    await nas.receive({ dir: there });
    const nasId = nas.self.id;
    const begun = Promise.withResolvers<void>();
    const first = laptop.push(nasId, [join(here, 'film')], {
      onProgress: ({ bytes }) => bytes > 4_000_000 && begun.resolve(),
    });
    first.catch(() => undefined);
    await begun.promise;
    await laptop.stop();
    await expect(first).rejects.toMatchObject({ code: expect.stringMatching(/./) });
    const again = await laptopDevice.open();
    const starts: number[] = [];
    const secondTime = Promise.withResolvers<void>();
    const pushing = again.push(nasId, [join(here, 'film')], {
      onProgress: ({ bytes }) => {
        starts.push(bytes);
        if (bytes > 8_000_000) secondTime.resolve();
      },
    });
    await secondTime.promise;
    // Where the first one was cut, and not at the beginning.
    expect(starts.find((bytes) => bytes > 0)).toBeGreaterThan(1_000_000);
    await nas.stop();
    await nasDevice.open();
    expect(await pushing).toMatchObject({ files: 1, bytes: content.byteLength });
    expect(sha256(readFileSync(join(there, 'film')))).toEqual(sha256(content));
    expect(partials(there)).toEqual([]);
  });

  it('loses nothing when the endpoint of either side is killed', async () => {
    const { laptop, nas, here, there } = await twoHosts();
    for (let index = 0; index < 20; index += 1) writeFileSync(join(here, `${index}`), randomBytes(1_000_000));
    await nas.receive({ dir: there });
    const half = Promise.withResolvers<void>();
    const pushing = laptop.push(nas.self.id, [here], {
      onProgress: ({ bytes }) => bytes > 8_000_000 && half.resolve(),
    });
    await half.promise;
    await killWorker(nas, 'endpoint');
    await killWorker(laptop, 'endpoint');
    expect((await pushing).files).toBe(20);
    const folder = here.split('/').at(-1) ?? '';
    expect(contentOf(join(there, folder))).toEqual(contentOf(here));
  });

  it('is refused before a byte where nothing is received, and names what cannot be read', async () => {
    const { laptop, nas, here, there } = await twoHosts();
    writeFileSync(join(here, 'a'), 'a');
    const push = () => laptop.push(nas.self.id, [join(here, 'a')]);
    await expect(push()).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
    await nas.receive({ dir: there, from: [] });
    await expect(push()).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
    await nas.receive({ dir: there });
    const missing = [join(here, 'a'), join(here, 'missing')];
    await expect(laptop.push(nas.self.id, missing)).rejects.toMatchObject({
      code: 'PUSH_UNREADABLE',
      data: { paths: [join(here, 'missing')], count: 1 },
    });
    await expect(laptop.push(nas.self.id, ['a'])).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(nas.receive({ dir: join(there, 'missing') })).rejects.toMatchObject({
      code: 'RECEIVING_FOLDER_UNUSABLE',
    });
    expect(await nas.receiveOff()).toBe(true);
    await expect(push()).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
    expect(contentOf(there)).toEqual({});
  });

  it('ends where it is more than is taken, and with its signal', async () => {
    const { laptop, nas, here, there } = await twoHosts();
    writeFileSync(join(here, 'a'), 'twelve bytes');
    await nas.receive({ dir: there, maxBytes: 11 });
    await expect(laptop.push(nas.self.id, [join(here, 'a')])).rejects.toMatchObject({
      code: 'PUSH_STOPPED',
      data: { reason: 'too-large' },
    });
    const aborting = new AbortController();
    writeFileSync(join(here, 'b'), randomBytes(12_000_000));
    await nas.receive({ dir: there });
    const pushing = laptop.push(nas.self.id, [join(here, 'b')], {
      signal: aborting.signal,
      onProgress: ({ bytes }) => bytes > 1_000_000 && aborting.abort(),
    });
    await expect(pushing).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
    const reason = new Error('not wanted any more');
    const neverBegun = laptop.push(nas.self.id, [join(here, 'b')], { signal: AbortSignal.abort(reason) });
    await expect(neverBegun).rejects.toMatchObject({ code: 'ABORT_ERR', cause: reason });
    expect(contentOf(there)).toEqual({});
  });

  it('tells that the disk has no room before a byte of the file', async () => {
    const { laptop, nas, here, there } = await twoHosts();
    // Of this size, and of no content: it takes no room here.
    writeFileSync(join(here, 'huge'), '');
    await nas.receive({ dir: there, maxBytes: Number.MAX_SAFE_INTEGER });
    const huge: PushRequest = { kind: 'file', index: 0, path: ['huge'], sizeBytes: 2 ** 50, hash: new Uint8Array(32) };
    const { answers } = await converse(laptop, [{ kind: 'begin', run: RUN, push: 1, files: 1, bytes: 2 ** 50 }, huge]);
    expect(answers).toEqual([{ kind: 'stop', reason: 'no-room' }]);
    expect(partials(there)).toEqual([]);
    // All of it together, although the first file would fit.
    const begin: PushRequest = { kind: 'begin', run: RUN, push: 2, files: 2, bytes: 2 ** 50 };
    const small: PushRequest = { ...huge, path: ['small'], sizeBytes: 12 };
    expect((await converse(laptop, [begin, small])).answers).toEqual([{ kind: 'stop', reason: 'no-room' }]);
    expect(contentOf(there)).toEqual({});
  });
});

describe('a receiver of a hostile sender', () => {
  it('keeps every file within its folder, under a name that shows what it is', async () => {
    const { laptop, nas, there } = await twoHosts();
    const dir = join(there, 'inner');
    mkdirSync(dir);
    await nas.receive({ dir });
    const names = [
      ['..', '..', 'escaped'],
      ['/etc/passwd'],
      ['a\\..\\b'],
      ['con.txt'],
      ['evil\u202etxt.exe'],
      ['line\nbreak'],
      [PARTIAL_FOLDER, 'inside'],
      ['x'.repeat(1_000)],
    ];
    const empty = new Uint8Array();
    const words = names.map((path, index) => fileOf(path, empty, index));
    const { answers } = await converse(laptop, [BEGIN, ...words]);
    expect(answers.filter(({ kind }) => kind === 'saved')).toHaveLength(names.length);
    expect(new Set(Object.keys(contentOf(dir)))).toEqual(
      new Set([
        '_/_/escaped',
        '_etc_passwd',
        'a_.._b',
        '_con.txt',
        'evil_txt.exe',
        'line_break',
        '_.bowline-partial/inside',
        'x'.repeat(200),
      ]),
    );
    expect(readdirSync(there)).toEqual(['inner']);
  });

  it('saves nothing that does not fit its hash, and no byte more than was offered', async () => {
    const { laptop, nas, there } = await twoHosts();
    await nas.receive({ dir: there });
    const ten = Buffer.from('0123456789');
    const lie = await converse(laptop, [
      BEGIN,
      fileOf(['lie'], ten),
      { kind: 'data', bytes: Buffer.from('9876543210') },
    ]);
    expect(lie.answers.map(({ kind }) => kind)).toEqual(['take', 'failed', 'done']);
    const more = await converse(laptop, [
      BEGIN,
      fileOf(['more'], ten),
      { kind: 'data', bytes: Buffer.from('0123456789x') },
    ]);
    expect(more.code).toBe('STREAM_RESET');
    const short = await converse(laptop, [BEGIN, fileOf(['short'], ten), { kind: 'data', bytes: Buffer.from('01') }]);
    expect(short.code).toBe('STREAM_RESET');
    const abandoned = await converse(laptop, [BEGIN, fileOf(['gone'], ten), { kind: 'abandon' }]);
    expect(abandoned.answers.map(({ kind }) => kind)).toEqual(['take', 'failed', 'done']);
    expect(contentOf(there)).toEqual({});
  });

  it('refuses what no sender says', async () => {
    const { laptop, nas, there } = await twoHosts();
    await nas.receive({ dir: there });
    const ten = Buffer.from('0123456789');
    const nonsense: readonly (readonly (PushRequest | Uint8Array)[])[] = [
      [fileOf(['early'], ten)],
      [BEGIN, BEGIN],
      [BEGIN, fileOf(['index'], ten, 3)],
      [BEGIN, { kind: 'data', bytes: ten }],
      [BEGIN, { kind: 'abandon' }],
      [randomBytes(1_000)],
      [Buffer.from([1, 255, 255, 255, 255])],
      [BEGIN, ...Array.from({ length: 300 }, (_, index) => fileOf([`${index}`], ten, index))],
    ];
    for (const words of nonsense) expect((await converse(laptop, words)).code).toBe('STREAM_RESET');
    expect(contentOf(there)).toEqual({});
    // And is as it was.
    expect((await converse(laptop, [BEGIN])).answers).toEqual([{ kind: 'done' }]);
  });
});

describe('a sender to a hostile receiver', () => {
  const answering = async (answer: (stream: DeviceStream) => Promise<void>) => {
    const { laptop, nas, here } = await twoHosts();
    writeFileSync(join(here, 'a'), 'some content');
    await nas.serve(SERVICE, answer, { allow: 'paired' });
    return laptop.push(nas.self.id, [join(here, 'a')]);
  };
  const first = async (stream: DeviceStream, ...answers: readonly (PushAnswer | Uint8Array)[]): Promise<void> => {
    for (const answer of answers) await stream.write(answer instanceof Uint8Array ? answer : encodePushAnswer(answer));
    for await (const _ of stream);
  };

  it.each<[string, readonly (PushAnswer | Uint8Array)[], string]>([
    ['nonsense', [randomBytes(100)], 'PUSH_PROTOCOL_ERROR|WIRE_FORMAT_INVALID'],
    ['a file that was not offered', [{ kind: 'take', index: 9, offset: 0 }], 'PUSH_PROTOCOL_ERROR'],
    ['stop', [{ kind: 'stop', reason: 'no-room' }], 'PUSH_STOPPED'],
  ])('ends with its reason when it is told %s', async (_name, answers, code) => {
    await expect(answering((stream) => first(stream, ...answers))).rejects.toMatchObject({
      code: expect.stringMatching(new RegExp(`^(?:${code})$`)),
    });
  });

  it('says which files were not saved, after some tries', async () => {
    let offers = 0;
    const pushing = answering(async (stream) => {
      for await (const bytes of stream) {
        // An offer for each time that the file is tried.
        if (Buffer.from(bytes).includes('file')) {
          await stream.write(encodePushAnswer({ kind: 'failed', index: offers, reason: 'changed' }));
          offers += 1;
        }
        if (offers === 3) break;
      }
    });
    await expect(pushing).rejects.toMatchObject({ code: expect.stringMatching(/^PUSH_/) });
  });

  it('notices a file that became shorter, and pushes it as it is then', async () => {
    const { laptop, nas, here, there } = await twoHosts();
    writeFileSync(join(here, 'log'), randomBytes(12_000_000));
    await nas.receive({ dir: there });
    let isCut = false;
    await laptop.push(nas.self.id, [join(here, 'log')], {
      onProgress: ({ bytes }) => {
        if (isCut || bytes < 1_000_000) return;
        isCut = true;
        truncateSync(join(here, 'log'), 2_000_000);
      },
    });
    expect(isCut).toBe(true);
    expect(contentOf(there)).toEqual(contentOf(here));
  });
});

describe('what is received', () => {
  it('is kept over a restart', async () => {
    const { laptop, nas, nasDevice, there, here } = await twoHosts();
    writeFileSync(join(here, 'a'), 'a');
    await nas.receive({ dir: there, from: ['laptop'] });
    const { id } = nas.self;
    await nas.stop();
    const linked = nextEvent(laptop, 'device.connected');
    const again = await nasDevice.open();
    expect(again.receiving()).toMatchObject({ dir: there, from: [laptop.self.id] });
    await linked;
    expect((await laptop.push(id, [join(here, 'a')])).files).toBe(1);
  });
});
