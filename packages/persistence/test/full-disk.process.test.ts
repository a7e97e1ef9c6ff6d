import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deviceIdNamed, endpointIdNamed, pendingNamed, receivedMessage } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

const canMount = process.platform === 'linux' && process.getuid?.() === 0;
const MIB = 1_048_576;

/** A disk of a few MiB of its own, and a function that fills it to the last byte; the other one frees it. */
const smallDisk = (sizeMib: number) => {
  const dataDir = freshDataDir();
  const mountPoint = dirname(dataDir);
  const run = (...command: readonly [string, ...string[]]) => spawnSync(command[0], command.slice(1)).status;
  if (run('mount', '-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', mountPoint) !== 0) throw new Error('no tmpfs');
  onTestFinished(() => {
    run('umount', '-l', mountPoint);
  });
  const filler = join(mountPoint, 'filler');
  return {
    dataDir,
    fill: () => {
      for (const chunk of [256 * 1_024, 4_096]) {
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(chunk), { flag: 'a' });
        } catch {
          // Full, as wanted.
        }
      }
    },
    free: () => rmSync(filler),
  };
};

/** Mounting takes root, which CI has. */
describe.skipIf(!canMount)('a store on a full disk', () => {
  it('refuses what it cannot store, says so, removes a device all the same, and goes on once there is room', async () => {
    const { dataDir, fill, free } = smallDisk(8);
    const store = await startedStoreIn(dataDir);
    await store.client.request('openIdentity', { defaultName: 'Laptop' });
    for (const name of ['NAS', 'Phone']) {
      await store.client.request('addPending', pendingNamed(name));
      await store.client.request('promote', { deviceId: deviceIdNamed(name) });
    }
    fill();
    const large = receivedMessage(1, 1, { payload: new Uint8Array(200_000) });
    await expect(store.client.request('receiveMessage', large)).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect(store.toldOf('store.problemChanged')).toMatchObject([{ problem: { code: 'STORE_FULL' } }]);
    await expect(
      store.client.request('renameDevice', { deviceId: deviceIdNamed('NAS'), name: 'Cellar' }).then(async () => {
        throw new Error(`renamed with ${statSync(join(dataDir, 'store.reserve')).size} in reserve`);
      }),
    ).rejects.toBeInstanceOf(Error);
    await store.client.request('putSetting', { name: 'unpairedEndpoints', value: ['x'.repeat(64)] });
    await store.client.request('removeDevice', { deviceId: deviceIdNamed('NAS') });
    await store.client.request('blockDevice', { endpointId: endpointIdNamed('NAS') });
    await store.actor.stop();
    // Neither a restart on the full disk brings it back.
    const again = await startedStoreIn(dataDir);
    expect((await again.client.request('listBlocked', {})).blocked).toHaveLength(1);
    expect(readFileSync(join(dataDir, 'store.blocked'), 'utf8')).toContain(endpointIdNamed('NAS'));
    const names = async () => (await again.client.request('listDevices', {})).devices.map(({ name }) => name);
    expect(await names()).toEqual(['Phone']);
    free();
    const message = receivedMessage(1, 1, { name: 'Phone', payload: new Uint8Array(200_000) });
    await again.client.request('receiveMessage', message);
    await again.client.request('renameDevice', { deviceId: deviceIdNamed('Phone'), name: 'Mobile' });
    expect(await names()).toEqual(['Mobile']);
    expect(statSync(join(dataDir, 'store.reserve')).size).toBe(MIB);
  });

  it('does not begin where there is no room, says so, and begins once there is', async () => {
    const { dataDir, fill, free } = smallDisk(4);
    fill();
    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({
      code: 'STORE_FULL',
      message: expect.stringContaining(dataDir),
    });
    free();
    const store = await startedStoreIn(dataDir);
    expect((await store.client.request('openIdentity', { defaultName: 'Laptop' })).incarnation).toBe(1);
  });
});

describe('files of a store', () => {
  it('shrink again when what was in them is gone', async () => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir);
    await store.client.request('addPending', pendingNamed('NAS'));
    const positions: number[] = [];
    for (let sequence = 1; sequence <= 100; sequence += 1) {
      await store.client.request('receiveMessage', receivedMessage(1, sequence, { payload: new Uint8Array(200_000) }));
      positions.push(sequence);
    }
    await store.client.request('putSetting', { name: 'a', value: 1 });
    expect(statSync(join(dataDir, 'store.db')).size).toBeGreaterThan(15 * MIB);
    await store.client.request('takeMessages', { positions });
    await store.client.request('putSetting', { name: 'a', value: 2 });
    expect(statSync(join(dataDir, 'store.db')).size).toBeLessThan(8 * MIB);
  });
});

describe('what lies in the way of a store', () => {
  it('is no hindrance in its lock file', async () => {
    const dataDir = freshDataDir();
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'store.lock'), 'garbage '.repeat(100));
    await startedStoreIn(dataDir);
    expect(existsSync(join(dataDir, 'store.db'))).toBe(true);
  });

  it.each(['store.db', 'store.key', 'store.lock', 'store.mark', 'store.pid'])(
    'is named when it is a folder called %s',
    async (name) => {
      const dataDir = freshDataDir();
      mkdirSync(join(dataDir, name), { recursive: true });
      await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({
        code: 'STORE_INACCESSIBLE',
        message: expect.stringContaining(join(dataDir, name)),
      });
    },
  );
});
