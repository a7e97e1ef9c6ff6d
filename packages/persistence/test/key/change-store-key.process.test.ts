import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fakeClock, memoryLogger, seededRandom } from '@bowline/testing';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { changeStoreKey, resolvePersistenceOptions, restoreBackup, type StoreKeyOptions } from '../../src/index.ts';
import { openStore, type Store } from '../../src/store.ts';
import { freshDataDir, startedStoreIn } from '../data-dirs.ts';
import { type FakeKeychain, fakeKeychain } from './fake-keychain.ts';
import { keychainInFile } from './interrupted-process.ts';

const PASSPHRASE = 'correct horse battery staple';
const APP_KEY = new Uint8Array(32).fill(9);
/** What opens every kind. */
const ALL: Partial<StoreKeyOptions> = { passphrase: PASSPHRASE, appKey: APP_KEY };

let keychain: FakeKeychain;
let dataDir: string;
let seed = 100;

beforeEach(() => {
  keychain = fakeKeychain();
  dataDir = freshDataDir();
});

const components = () => {
  seed += 1;
  return { clock: fakeClock(), random: seededRandom(seed), logger: memoryLogger(), keychain };
};

const open = (key: Partial<StoreKeyOptions>): Promise<Store> =>
  openStore(resolvePersistenceOptions({ dataDir, key }), components());

const identityOf = async (key: Partial<StoreKeyOptions>): Promise<string> => {
  const store = await open(key);
  const { endpointId } = store.identity.open('Laptop');
  store.close();
  return endpointId;
};

const change = (to: Partial<StoreKeyOptions>, key: Partial<StoreKeyOptions> = ALL) =>
  changeStoreKey(dataDir, { ...ALL, ...to }, { ...components(), key });

const keyIn = (text: string): string => /1: ([0-9a-f]{64})/.exec(text)?.[1] ?? '';

const keyText = (): string => readFileSync(join(dataDir, 'store.key'), 'utf8');

/** Files in which the key itself stands. */
const filesWith = (key: string): readonly string[] =>
  readdirSync(dataDir).filter((name) => {
    const bytes = readFileSync(join(dataDir, name));
    return bytes.includes(key) || bytes.includes(Buffer.from(key, 'hex'));
  });

describe('changing how the key is kept', () => {
  it('goes from each way to each other one, and removes what was before', async () => {
    const endpointId = await identityOf({ kind: 'file' });
    const key = keyIn(keyText());
    for (const kind of ['keychain', 'passphrase', 'app', 'keychain', 'file', 'app', 'passphrase', 'file'] as const) {
      const changed = await change({ kind });
      expect(changed.kind).toBe(kind);
      expect(await identityOf(ALL)).toBe(endpointId);
      expect([kind, keychain.entries.size]).toEqual([kind, kind === 'keychain' ? 1 : 0]);
      expect([kind, filesWith(key)]).toEqual([kind, kind === 'file' ? ['store.key'] : []]);
    }
    expect(statSync(join(dataDir, 'store.key')).mode & 0o777).toBe(0o600);
  });

  it('changes the passphrase: the old one opens nothing any more', async () => {
    await identityOf({ ...ALL, kind: 'passphrase' });
    await change({ kind: 'passphrase', passphrase: 'another passphrase' });
    await expect(identityOf(ALL)).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    await identityOf({ passphrase: 'another passphrase' });
  });

  it('leaves the key alone that is in the keychain already', async () => {
    await identityOf({ kind: 'keychain' });
    const before = keyText();
    expect(await change({ kind: 'keychain' })).toMatchObject({ kind: 'keychain', previous: 'keychain' });
    expect(keyText()).toBe(before);
    expect(keychain.entries.size).toBe(1);
  });

  it('changes nothing when the key does not open, the new way cannot be gone, or a device runs there', async () => {
    const endpointId = await identityOf({ ...ALL, kind: 'passphrase' });
    const before = keyText();
    const refused = async (
      to: Partial<StoreKeyOptions>,
      key: Partial<StoreKeyOptions>,
      code: string,
    ): Promise<void> => {
      await expect(change(to, key)).rejects.toMatchObject({ code });
      expect(keyText()).toBe(before);
      expect(keychain.entries.size).toBe(0);
    };
    await refused({ kind: 'file' }, { passphrase: 'not the passphrase' }, 'WRONG_PASSPHRASE');
    await refused({ kind: 'file' }, {}, 'PASSPHRASE_NEEDED');
    await refused({ kind: 'passphrase', passphrase: 'short' }, ALL, 'PASSPHRASE_UNFIT');
    keychain.state = 'locked';
    await refused({ kind: 'keychain' }, ALL, 'KEYCHAIN_LOCKED');
    keychain.state = 'open';
    const running = await open(ALL);
    await refused({ kind: 'file' }, ALL, 'STORE_LOCKED');
    running.close();
    expect(await identityOf(ALL)).toBe(endpointId);
  });

  it('tells a data directory whose key belongs to another store, and one without a key', async () => {
    await identityOf({ kind: 'file' });
    const own = keyText();
    writeFileSync(join(dataDir, 'store.key'), own.replace(/[0-9a-f]{64}/, 'ab'.repeat(32)));
    await expect(change({ kind: 'app' })).rejects.toMatchObject({ code: 'STORE_KEY_MISMATCH' });
    rmSync(join(dataDir, 'store.key'));
    await expect(change({ kind: 'app' })).rejects.toMatchObject({ code: 'STORE_KEY_MISSING' });
    expect(existsSync(join(dataDir, 'store.key'))).toBe(false);
  });

  it('overwrites the file the key was in, unless a copy shares it', async () => {
    await identityOf({ kind: 'file' });
    const text = keyText();
    const shared = join(dataDir, 'copy');
    linkSync(join(dataDir, 'store.key'), shared);
    await change({ kind: 'app' });
    expect(readFileSync(shared, 'utf8')).toBe(text);
  });

  it('leaves the backups as they are: they are opened by the same key', async () => {
    const store = await startedStoreIn(dataDir);
    await store.client.request('openIdentity', { defaultName: 'Laptop' });
    await store.clock.advance(60_000);
    await store.actor.stop();
    const [backup = ''] = readdirSync(join(dataDir, 'backups'));
    await change({ kind: 'passphrase' });
    await expect(restoreBackup(dataDir, backup, components())).rejects.toMatchObject({ code: 'PASSPHRASE_NEEDED' });
    expect(await restoreBackup(dataDir, backup, { ...components(), key: ALL })).toMatchObject({ deviceCount: 0 });
    await identityOf(ALL);
  });
});

const program = fileURLToPath(new URL('./change-key-process.ts', import.meta.url));

/** More steps than any change has. */
const MAX_STEPS = 40;

/** Each run takes a process: every other step, the first another one each time. */
const STRIDE = 2;

describe('a change that is killed', () => {
  it.each([
    ['file', 'keychain'],
    ['keychain', 'file'],
  ] as const)('leaves a key that works, and nothing else: %s to %s', { timeout: 180_000 }, async (from, to) => {
    const parent = mkdtempSync(join(tmpdir(), 'bowline-killed-'));
    onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
    const stored = join(parent, 'stored');
    const keychainFile = join(stored, 'keychain.json');
    dataDir = join(stored, 'data');
    mkdirSync(stored);
    writeFileSync(keychainFile, '{}');
    const first = await openStore(resolvePersistenceOptions({ dataDir, key: { ...ALL, kind: from } }), {
      ...components(),
      keychain: keychainInFile(keychainFile),
    });
    const { endpointId } = first.identity.open('Laptop');
    first.close();

    /** Answers how it ended, and how the key is kept then. */
    const killedBefore = async (step: number): Promise<{ readonly isWhole: boolean; readonly kind: string }> => {
      const copy = join(parent, `step-${step}`);
      cpSync(stored, copy, { recursive: true });
      const folder = join(copy, 'data');
      const child = spawn(
        process.execPath,
        [program, folder, to, String(step), join(copy, 'keychain.json'), PASSPHRASE],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
      const [code, signal] = await once(child, 'close');
      expect([step, code === 0 || signal === 'SIGKILL']).toEqual([step, true]);
      const inFile = keychainInFile(join(copy, 'keychain.json'));
      const store = await openStore(resolvePersistenceOptions({ dataDir: folder, key: ALL }), {
        ...components(),
        keychain: inFile,
      });
      expect([step, store.identity.open('x').endpointId]).toEqual([step, endpointId]);
      const { keyKind } = store;
      store.close();
      expect([from, to]).toContain(keyKind);
      const names = readdirSync(folder).filter((name) => name.startsWith('store.key'));
      expect([step, names]).toEqual([step, ['store.key']]);
      const entries = Object.keys(JSON.parse(readFileSync(join(copy, 'keychain.json'), 'utf8')));
      expect([step, entries.length]).toEqual([step, keyKind === 'keychain' ? 1 : 0]);
      if (keyKind !== 'file') {
        const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
        expect([step, texts.some((text) => keyIn(text) !== '')]).toEqual([step, false]);
      }
      return { isWhole: code === 0, kind: keyKind };
    };

    const kinds = new Set<string>();
    const begin = 1 + Math.floor(Math.random() * STRIDE);
    for (let step = begin; step <= MAX_STEPS; step += 2 * STRIDE) {
      const both = await Promise.all([killedBefore(step), killedBefore(step + STRIDE)]);
      for (const { kind } of both) kinds.add(kind);
      if (both.every(({ isWhole }) => isWhole)) {
        // Both before and after were seen, and it ran to its end.
        expect(kinds).toEqual(new Set([from, to]));
        return;
      }
    }
    expect.fail('it never came to its end');
  });
});
