import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  deviceIdNamed,
  endpointIdNamed,
  fakeClock,
  memoryLogger,
  pendingNamed,
  receivedMessage,
  relayInfoOf,
  seededRandom,
} from '@bowline/testing';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  changeStoreKey,
  type ExportOptions,
  exportStore,
  hasStore,
  importStore,
  resolvePersistenceOptions,
} from '../../src/index.ts';
import { openStore } from '../../src/store.ts';
import { EXPORT_HEADER_BYTES } from '../../src/transfer/export-header.ts';
import { fakeKeychain } from '../key/fake-keychain.ts';
import { keychainInFile } from '../key/interrupted-process.ts';

const PASSPHRASE = 'correct horse battery staple';

let seed = 200;
const components = () => {
  seed += 1;
  return { clock: fakeClock(), random: seededRandom(seed), logger: memoryLogger(), keychain: fakeKeychain() };
};

const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-transfer-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const open = (dataDir: string, given = components()) => openStore(resolvePersistenceOptions({ dataDir }), given);

/** Everything that is to move, but the incarnation, which each start raises. */
const contentsIn = async (dataDir: string, given = components()) => {
  const store = await open(dataDir, given);
  const { incarnation, ...identity } = store.identity.open('another name');
  const contents = {
    identity,
    devices: store.devices.list(),
    settings: store.settings.get('relay'),
    tokens: store.relayTokens.list(),
    blocked: store.blocked.list(),
    inbox: store.inbox.list({ deviceId: null, afterPosition: 0, limit: 100 }),
    journal: store.journal.read(0, 100),
  };
  store.close();
  return { incarnation, contents };
};

/** A device with all that one can have. */
const makeDevice = async (dataDir: string): Promise<void> => {
  const store = await open(dataDir);
  store.identity.open('Laptop');
  const { id: deviceId } = store.devices.addPending(pendingNamed('NAS'));
  store.devices.promote({ deviceId, relayInfo: relayInfoOf(['https://relay.example/']) });
  store.settings.put('relay', 'disabled');
  store.blocked.block(endpointIdNamed('Stranger'));
  store.inbox.receive(receivedMessage(1, 1, { deviceId: deviceIdNamed('NAS'), text: 'x'.repeat(100_000) }));
  store.close();
};

/** One device and its export for all tests, which work on copies. */
let device: string;
let exported: string;
let whole: Awaited<ReturnType<typeof contentsIn>>;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-transfer-'));
  device = join(folder, 'device');
  exported = join(folder, 'device.bowline');
  await makeDevice(device);
  await exportStore(device, { file: exported, passphrase: PASSPHRASE, retires: false }, components());
  whole = await contentsIn(copyOf(device, join(folder, 'read')));
  return () => rmSync(folder, { recursive: true, force: true });
});

const copyOf = (dataDir: string, to: string): string => {
  cpSync(dataDir, to, { recursive: true });
  return to;
};

const exportWith = (dataDir: string, options: Partial<ExportOptions> & Pick<ExportOptions, 'file'>) =>
  exportStore(dataDir, { passphrase: PASSPHRASE, retires: false, ...options }, components());

const importWith = (dataDir: string, file: string, passphrase = PASSPHRASE, given = components()) =>
  importStore(dataDir, { file, passphrase }, given);

describe('a device that is exported and imported', () => {
  it('is the same elsewhere: identity, devices, settings, tokens, messages; under a key of its own', async () => {
    const folder = freshFolder();
    const there = join(folder, 'there');
    expect(await importWith(there, exported)).toEqual({
      device: { id: whole.contents.identity.id, endpointId: whole.contents.identity.endpointId, name: 'Laptop' },
      deviceCount: 1,
      key: 'file',
    });
    const { contents, incarnation } = await contentsIn(there);
    expect(contents).toEqual(whole.contents);
    expect(incarnation).toBe(whole.incarnation);
    expect(readFileSync(join(there, 'store.key'), 'utf8')).not.toBe(readFileSync(join(device, 'store.key'), 'utf8'));
    expect(readdirSync(there).filter((name) => name.includes('import'))).toEqual([]);
    expect(statSync(exported).mode & 0o777).toBe(0o600);
  });

  it('has nothing readable in its file', () => {
    const bytes = readFileSync(exported);
    for (const text of ['SQLite format', 'Laptop', 'NAS', 'xxxxxxxx', whole.contents.identity.endpointId]) {
      expect([text, bytes.includes(text)]).toEqual([text, false]);
    }
    expect(bytes.includes(Buffer.from(whole.contents.identity.secretKey))).toBe(false);
  });

  it('starts no more once it was retired, says where it went, and can be brought back by hand', async () => {
    const folder = freshFolder();
    const here = copyOf(device, join(folder, 'here'));
    const file = join(folder, 'moved.bowline');
    await exportWith(here, { file, retires: true });
    const refusal = {
      code: 'DEVICE_RETIRED',
      data: { file, markFile: join(here, 'store.retired') },
      message: expect.stringContaining(file),
    };
    await expect(open(here)).rejects.toMatchObject(refusal);
    await expect(exportWith(here, { file: `${file}2` })).rejects.toMatchObject(refusal);
    await expect(changeStoreKey(here, { kind: 'app' }, components())).rejects.toMatchObject(refusal);
    // Also when the file has long been moved elsewhere.
    const there = join(folder, 'there');
    await importWith(there, file);
    rmSync(file);
    await expect(open(here)).rejects.toMatchObject(refusal);
    expect((await contentsIn(there)).contents).toEqual(whole.contents);
    rmSync(join(here, 'store.retired'));
    expect((await contentsIn(here)).contents).toEqual(whole.contents);
  });

  it('is retired also when the mark that says so is damaged', async () => {
    const here = copyOf(device, join(freshFolder(), 'here'));
    writeFileSync(join(here, 'store.retired'), 'bowline retired device 1\n{');
    await expect(open(here)).rejects.toMatchObject({ code: 'DEVICE_RETIRED', data: { file: null } });
  });

  it('can have its key in the keychain of the new machine', async () => {
    const there = join(freshFolder(), 'there');
    const given = components();
    const { key } = await importStore(
      there,
      { file: exported, passphrase: PASSPHRASE },
      { ...given, key: { kind: 'auto' } },
    );
    expect(key).toBe('keychain');
    expect((await contentsIn(there, given)).contents).toEqual(whole.contents);
  });
});

describe('an export', () => {
  it('is refused over a file, by a running device, before there is one, and with a passphrase that is none', async () => {
    const folder = freshFolder();
    const here = copyOf(device, join(folder, 'here'));
    const file = join(folder, 'file');
    await expect(exportWith(here, { file, passphrase: 'short' })).rejects.toMatchObject({ code: 'PASSPHRASE_UNFIT' });
    const running = await open(here);
    await expect(exportWith(here, { file })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    running.close();
    const unnamed = join(folder, 'unnamed');
    (await open(unnamed)).close();
    await expect(exportWith(unnamed, { file })).rejects.toMatchObject({ code: 'NO_DEVICE' });
    await expect(exportWith(here, { file: join(folder, 'no', 'such') })).rejects.toMatchObject({
      code: 'STORE_INACCESSIBLE',
    });
    expect(readdirSync(folder).toSorted()).toEqual(['here', 'unnamed']);
    writeFileSync(file, 'mine');
    await expect(exportWith(here, { file })).rejects.toMatchObject({ code: 'EXPORT_FILE_PRESENT' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await contentsIn(here)).contents).toEqual(whole.contents);
  });
});

describe('an import', () => {
  it('is refused where a device is, or was', async () => {
    const folder = freshFolder();
    const here = copyOf(device, join(folder, 'here'));
    await expect(importWith(here, exported)).rejects.toMatchObject({ code: 'DEVICE_PRESENT' });
    expect((await contentsIn(here)).contents).toEqual(whole.contents);
    for (const name of ['store.db', 'store.key']) rmSync(join(here, name));
    await expect(importWith(here, exported)).rejects.toMatchObject({ code: 'DEVICE_PRESENT' });
  });

  it('refuses what is no export, is newer, is cut, is altered, or asks for too much, and leaves nothing', async () => {
    const folder = freshFolder();
    const there = join(folder, 'there');
    const file = join(folder, 'file');
    const bytes = readFileSync(exported);
    const refused = async (content: Uint8Array, code: string, passphrase = PASSPHRASE): Promise<void> => {
      writeFileSync(file, content);
      await expect(importWith(there, file, passphrase)).rejects.toMatchObject({ code });
      expect(readdirSync(there).filter((name) => name.startsWith('store.') && !/lock|mark/.test(name))).toEqual([]);
      expect(hasStore(there)).toBe(false);
    };
    const altered = (at: number, value?: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[at] = value ?? (copy[at] ?? 0) ^ 1;
      return copy;
    };
    await refused(bytes, 'WRONG_PASSPHRASE', 'not the passphrase');
    for (const none of ['', 'hello', 'bowline export 1\n', 'bowline export x\n'])
      await refused(Buffer.from(none), 'EXPORT_UNREADABLE');
    await refused(Buffer.from('bowline export 2\nwhatever'), 'EXPORT_NEWER');
    // Costs beyond the bounds are refused before anything is computed: 4 GiB, 2^32 passes, 2^32 lanes.
    for (const at of [33, 37, 41]) await refused(altered(at, 255), 'EXPORT_UNREADABLE');
    await refused(altered(20), 'WRONG_PASSPHRASE');
    await refused(altered(50), 'WRONG_PASSPHRASE');
    for (const at of [EXPORT_HEADER_BYTES, EXPORT_HEADER_BYTES + 70_000, bytes.length - 1])
      await refused(altered(at), 'EXPORT_UNREADABLE');
    const chunk = 65_536 + 16;
    for (const size of [
      EXPORT_HEADER_BYTES,
      EXPORT_HEADER_BYTES + 100,
      EXPORT_HEADER_BYTES + chunk,
      bytes.length - 1,
    ]) {
      await refused(bytes.subarray(0, size), 'EXPORT_UNREADABLE');
    }
    await refused(Buffer.concat([bytes, Buffer.from('x')]), 'EXPORT_UNREADABLE');
    const [first, second] = [0, 1].map((index) =>
      bytes.subarray(EXPORT_HEADER_BYTES + index * chunk, EXPORT_HEADER_BYTES + (index + 1) * chunk),
    ) as [Buffer, Buffer];
    const swapped = Buffer.concat([
      bytes.subarray(0, EXPORT_HEADER_BYTES),
      second,
      first,
      bytes.subarray(EXPORT_HEADER_BYTES + 2 * chunk),
    ]);
    await refused(swapped, 'EXPORT_UNREADABLE');
    await importWith(there, exported);
  }, 120_000);
});

const program = fileURLToPath(new URL('./transfer-process.ts', import.meta.url));

/** More steps than either has. */
const MAX_STEPS = 80;

/** Each run stretches a passphrase or two, so that every step would take minutes: the first is another one each time. */
const STRIDE = 4;

/** Runs it to before one step after the other, two at a time. `judge` answers whether it had ended. */
const killedBeforeSteps = async (
  start: (step: number) => readonly string[],
  judge: (step: number) => Promise<string>,
): Promise<ReadonlySet<string>> => {
  const seen = new Set<string>();
  const first = 1 + Math.floor(Math.random() * STRIDE);
  for (let step = first; step <= MAX_STEPS; step += 2 * STRIDE) {
    const ended = await Promise.all(
      [step, step + STRIDE].map(async (each) => {
        const child = spawn(process.execPath, [program, ...start(each)], { stdio: ['ignore', 'ignore', 'inherit'] });
        const [code, signal] = await once(child, 'close');
        expect([each, code === 0 || signal === 'SIGKILL']).toEqual([each, true]);
        seen.add(await judge(each));
        return code === 0;
      }),
    );
    if (ended.every(Boolean)) return seen;
  }
  return expect.fail('it never came to its end');
};

describe('when it is killed before a step', () => {
  it('an export has made no file and retired nobody, or both', { timeout: 180_000 }, async () => {
    const folder = freshFolder();
    const at = (step: number) => ({ here: join(folder, `${step}`, 'here'), file: join(folder, `${step}`, 'file') });
    const seen = await killedBeforeSteps(
      (step) => {
        const { here, file } = at(step);
        copyOf(device, here);
        return ['export', here, String(step), file, PASSPHRASE];
      },
      async (step) => {
        const { here, file } = at(step);
        if (existsSync(file)) {
          await expect(open(here)).rejects.toMatchObject({ code: 'DEVICE_RETIRED' });
          expect(readFileSync(file).length).toBe(readFileSync(exported).length);
          return 'retired';
        }
        expect((await contentsIn(here)).contents).toEqual(whole.contents);
        expect(readdirSync(here).filter((name) => /export|retired/.test(name))).toEqual([]);
        return 'as it was';
      },
    );
    expect(seen).toEqual(new Set(['as it was', 'retired']));
  });

  it('an import has made no device, and can be done again, or all of it', { timeout: 180_000 }, async () => {
    const folder = freshFolder();
    const at = (step: number) => ({
      there: join(folder, `${step}`, 'there'),
      keychain: join(folder, `${step}`, 'keychain'),
    });
    const seen = await killedBeforeSteps(
      (step) => {
        const { there, keychain } = at(step);
        mkdirSync(dirname(there));
        writeFileSync(keychain, '{}');
        return ['import', there, String(step), exported, PASSPHRASE, keychain];
      },
      async (step) => {
        const { there, keychain } = at(step);
        const given = { ...components(), keychain: keychainInFile(keychain) };
        const isThere = hasStore(there);
        if (!isThere)
          await importStore(there, { file: exported, passphrase: PASSPHRASE }, { ...given, key: { kind: 'keychain' } });
        const store = await openStore(resolvePersistenceOptions({ dataDir: there }), given);
        const { incarnation: _raised, ...identity } = store.identity.open('x');
        store.close();
        expect(identity).toEqual(whole.contents.identity);
        expect([step, Object.keys(JSON.parse(readFileSync(keychain, 'utf8'))).length]).toEqual([step, 1]);
        expect(readdirSync(there).filter((name) => /import|stale|new$/.test(name))).toEqual([]);
        return isThere ? 'there' : 'not there';
      },
    );
    expect(seen).toEqual(new Set(['there', 'not there']));
  });
});
