import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { fakeClock, memoryLogger } from '@bowline/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { resolvePersistenceOptions } from '../../src/index.ts';
import { keychainEntryName, systemKeychain } from '../../src/key/keychain.ts';
import { openStore } from '../../src/store.ts';
import { freshDataDir } from '../data-dirs.ts';
import { startSession, type TestSession } from '../support/secret-service.ts';

const ENTRY = '0123456789abcdef'.repeat(2);
const KEY = new Uint8Array(32).map((_, index) => index * 7);

const keychainOf = ({ bus }: { readonly bus: string | null }) => systemKeychain({ clock: systemClock, bus });

// A Secret Service is what Linux has; gnome-keyring and dbus are installed in CI.
describe.skipIf(process.platform !== 'linux')('the keychain of Linux, a real Secret Service', () => {
  let session: TestSession;
  beforeAll(async () => {
    session = await startSession();
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', session.bus);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await session.end();
  });

  it('keeps a key, gives it back, and forgets it', async () => {
    const keychain = keychainOf(session);
    expect(await keychain.isOpen()).toBe(true);
    expect(await keychain.get(ENTRY)).toBeUndefined();
    await keychain.set(ENTRY, KEY);
    expect(await keychain.get(ENTRY)).toEqual(KEY);
    // As another program of the same user sees it: it lies in the Secret Service, and in no keyring of the kernel.
    expect(await session.run('secret-tool', 'search', 'service', 'Bowline')).toContain(keychainEntryName(ENTRY));
    await keychain.delete(ENTRY);
    expect(await keychain.get(ENTRY)).toBeUndefined();
    await keychain.delete(ENTRY);
  });

  it('holds the key of a store, which opens by it alone; locked, it neither asks nor waits', async () => {
    const dataDir = freshDataDir();
    const open = async (bus: string | null) => {
      const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
      const store = await openStore(resolvePersistenceOptions({ dataDir, key: { kind: 'auto', bus } }), components);
      const { endpointId } = store.identity.open('Laptop');
      const { keyKind } = store;
      store.close();
      return { endpointId, keyKind };
    };
    const made = await open(session.bus);
    expect(made.keyKind).toBe('keychain');
    expect(await open(session.bus)).toEqual(made);
    await session.lock();
    const keychain = keychainOf(session);
    expect(await keychain.isOpen()).toBe(false);
    // The library alone would show a prompt here.
    await expect(open(session.bus)).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED', retryable: true });
    await expect(keychain.set(ENTRY, KEY)).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    await expect(open(null)).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' });
    expect(existsSync(join(dataDir, 'store.db'))).toBe(true);
  });
});

describe.skipIf(process.platform !== 'linux')('a keychain that is none', () => {
  it('is closed where no bus is, and where nobody listens', async () => {
    for (const bus of [null, 'unix:path=/nonexistent/bus', 'tcp:host=127.0.0.1,port=1']) {
      const keychain = keychainOf({ bus });
      expect(await keychain.isOpen()).toBe(false);
      await expect(keychain.get(ENTRY)).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE', retryable: true });
      await expect(keychain.set(ENTRY, KEY)).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' });
    }
  });

  it('is closed where the bus has a Secret Service without a keyring, as a machine without a desktop', async () => {
    const session = await startSession({ isUnlocked: false });
    onTestFinished(() => session.end());
    const keychain = keychainOf(session);
    expect(await keychain.isOpen()).toBe(false);
    expect(await keychain.get(ENTRY)).toBeUndefined();
    await expect(keychain.set(ENTRY, KEY)).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' });
  });

  it.each(['says nothing', 'says too much'])('is given up when its bus %s', async (how) => {
    const path = join(freshDataDir(), '..', 'bus');
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (how === 'says too much') socket.write(Buffer.alloc(1 << 20));
      else socket.once('data', () => accepted.resolve());
    });
    const accepted = Promise.withResolvers<void>();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => {
      server.close();
    });
    const clock = fakeClock();
    const asked = systemKeychain({ clock, bus: `unix:path=${path}` }).get(ENTRY);
    const refused = expect(asked).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' });
    if (how === 'says nothing') {
      await accepted.promise;
      await clock.advance(5_000);
    }
    await refused;
  });
});
