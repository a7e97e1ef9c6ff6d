import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeClock, memoryLogger, seededRandom } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { resolvePersistenceOptions, type StoreKeyOptions } from '../../src/index.ts';
import { openStore, type Store } from '../../src/store.ts';
import { freshDataDir } from '../data-dirs.ts';
import { type FakeKeychain, fakeKeychain } from './fake-keychain.ts';

const PASSPHRASE = 'correct horse battery staple';
const APP_KEY = new Uint8Array(32).fill(9);

let keychain: FakeKeychain;
let dataDir: string;
let logger: ReturnType<typeof memoryLogger>;
let seed = 0;

beforeEach(() => {
  keychain = fakeKeychain();
  dataDir = freshDataDir();
  logger = memoryLogger();
});

const open = (key: Partial<StoreKeyOptions> = {}): Promise<Store> => {
  seed += 1;
  return openStore(resolvePersistenceOptions({ dataDir, key }), {
    clock: fakeClock(),
    random: seededRandom(seed),
    logger,
    keychain,
  });
};

/** Makes a device and tells its identity. */
const made = async (key: Partial<StoreKeyOptions>) => {
  const store = await open(key);
  const { endpointId, secretKey } = store.identity.open('Laptop');
  const { keyKind } = store;
  store.close();
  return { endpointId, secretKey, keyKind };
};

const reopened = async (key: Partial<StoreKeyOptions> = {}): Promise<string> => {
  const store = await open(key);
  const { endpointId } = store.identity.open('x');
  store.close();
  return endpointId;
};

const keyText = (): string => readFileSync(join(dataDir, 'store.key'), 'utf8');

describe('the key of a new store', () => {
  it('is in the keychain where that is open, and nowhere on the disk', async () => {
    const { endpointId, keyKind } = await made({ kind: 'auto' });
    expect(keyKind).toBe('keychain');
    const [key] = [...keychain.entries.values()];
    expect(keychain.entries.size).toBe(1);
    for (const name of readdirSync(dataDir)) {
      const bytes = readFileSync(join(dataDir, name));
      expect([
        name,
        bytes.includes(Buffer.from(key ?? [])),
        bytes.includes(Buffer.from(key ?? []).toString('hex')),
      ]).toEqual([name, false, false]);
    }
    expect(await reopened()).toBe(endpointId);
  });

  it.each(['locked', 'away'] as const)('is in a file where the keychain is %s, and stays there', async (state) => {
    keychain.state = state;
    const { endpointId, keyKind } = await made({ kind: 'auto' });
    expect(keyKind).toBe('file');
    expect(statSync(join(dataDir, 'store.key')).mode & 0o777).toBe(0o600);
    keychain.state = 'open';
    expect(await reopened({ kind: 'auto' })).toBe(endpointId);
    expect(keychain.entries.size).toBe(0);
  });

  it('is in a file where the keychain refuses it after all', async () => {
    keychain.set = async () => {
      throw new Error('quota');
    };
    expect((await made({ kind: 'auto' })).keyKind).toBe('file');
    expect(logger.lines.some(({ message }) => message.includes('kept in a file'))).toBe(true);
  });

  it('is not made where the keychain that was asked for is closed', async () => {
    keychain.state = 'locked';
    await expect(open({ kind: 'keychain' })).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED', retryable: true });
    keychain.state = 'open';
    expect((await made({ kind: 'file' })).keyKind).toBe('file');
  });

  it('opens with its passphrase alone', async () => {
    const { endpointId, secretKey } = await made({ kind: 'passphrase', passphrase: PASSPHRASE });
    await expect(open()).rejects.toMatchObject({ code: 'PASSPHRASE_NEEDED' });
    await expect(open({ passphrase: `${PASSPHRASE}.` })).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    expect(await reopened({ passphrase: PASSPHRASE })).toBe(endpointId);
    expect(keyText()).toMatch(/"memoryKib":65536,"passes":3,"lanes":4/);
    const written = readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name)));
    expect(Buffer.concat(written).includes(Buffer.from(secretKey))).toBe(false);
  });

  it('opens however the same passphrase was typed', async () => {
    await made({ kind: 'passphrase', passphrase: 'Ångström Ångström' });
    await reopened({ passphrase: 'Ångström Ångström'.normalize('NFD') });
  });

  it.each(['', 'seven77', 'x'.repeat(1_025)])('takes no passphrase that is not worth it (%#)', async (passphrase) => {
    await expect(open({ kind: 'passphrase', passphrase })).rejects.toMatchObject({ code: 'PASSPHRASE_UNFIT' });
    expect(existsSync(join(dataDir, 'store.key'))).toBe(false);
  });

  it("opens with the app's own key alone", async () => {
    const { endpointId } = await made({ kind: 'app', appKey: APP_KEY });
    await expect(open()).rejects.toMatchObject({ code: 'APP_KEY_NEEDED' });
    await expect(open({ appKey: new Uint8Array(32) })).rejects.toMatchObject({ code: 'WRONG_APP_KEY' });
    expect(await reopened({ appKey: APP_KEY })).toBe(endpointId);
  });
});

describe('a key in the keychain', () => {
  it('is not replaced by another one when the keychain is locked, away, or of another machine', async () => {
    const { endpointId } = await made({ kind: 'keychain' });
    const kept = new Map(keychain.entries);
    keychain.state = 'locked';
    await expect(open({ kind: 'auto' })).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    keychain.state = 'away';
    await expect(open({ kind: 'auto' })).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' });
    keychain.state = 'open';
    keychain.entries.clear();
    await expect(open({ kind: 'auto' })).rejects.toMatchObject({
      code: 'KEYCHAIN_ENTRY_MISSING',
      message: expect.stringMatching(/one user of one machine.*export and import/),
    });
    for (const [entry, key] of kept) keychain.entries.set(entry, key);
    expect(await reopened()).toBe(endpointId);
  });

  it('that was made for nothing goes at the next start, also if the keychain is closed meanwhile', async () => {
    await made({ kind: 'file' });
    const stale = 'cd'.repeat(16);
    keychain.entries.set(stale, new Uint8Array(32));
    writeFileSync(join(dataDir, 'store.key.stale'), `${stale}\n`);
    keychain.state = 'locked';
    await reopened();
    expect(keychain.entries.size).toBe(1);
    keychain.state = 'open';
    await reopened();
    expect(keychain.entries.size).toBe(0);
    expect(existsSync(join(dataDir, 'store.key.stale'))).toBe(false);
  });

  it('that is in use is never taken for one that is left over', async () => {
    const { endpointId } = await made({ kind: 'keychain' });
    const [entry] = keychain.entries.keys();
    writeFileSync(join(dataDir, 'store.key.stale'), `${entry}\n`);
    expect(await reopened()).toBe(endpointId);
    expect(keychain.entries.size).toBe(1);
  });
});

describe('what a change that was cut short leaves', () => {
  it('is removed at the next start: a key file that was not put in place', async () => {
    await made({ kind: 'passphrase', passphrase: PASSPHRASE });
    writeFileSync(join(dataDir, 'store.key.new'), `bowline store key 1: ${'ab'.repeat(32)}\n`);
    await expect(open()).rejects.toMatchObject({ code: 'PASSPHRASE_NEEDED' });
    expect(existsSync(join(dataDir, 'store.key.new'))).toBe(false);
  });
});
