import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fakeClock, memoryLogger, pendingNamed, receivedMessage, seededRandom } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolvePersistenceOptions } from '../src/index.ts';
import { openStore } from '../src/store.ts';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

/** A data directory that has been in use by a device with one peer, and is free again. */
const usedDataDir = async (): Promise<string> => {
  const dataDir = freshDataDir();
  const store = await startedStoreIn(dataDir);
  await store.client.request('openIdentity', { defaultName: 'Laptop' });
  await store.client.request('addPending', pendingNamed('NAS'));
  await store.actor.stop();
  return dataDir;
};

const refusal = async (dataDir: string): Promise<{ code: string; message: string; data: Record<string, unknown> }> =>
  storeIn(dataDir)
    .actor.start()
    .then(
      () => expect.fail('the store opened'),
      (error) => error,
    );

describe('files of a store', () => {
  it('are closed to others from the first moment', async () => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir);
    await store.client.request('openIdentity', { defaultName: 'Laptop' });
    expect(modeOf(dataDir)).toBe('700');
    for (const file of ['store.db', 'store.db-wal', 'store.key', 'store.lock', 'store.pid']) {
      expect([file, modeOf(join(dataDir, file))]).toEqual([file, '600']);
    }
    expect(readFileSync(join(dataDir, 'store.pid'), 'utf8')).toBe(`${process.pid}\n`);
    await store.actor.stop();
    expect(existsSync(join(dataDir, 'store.db-wal'))).toBe(false);
    expect(existsSync(join(dataDir, 'store.pid'))).toBe(false);
  });

  it('are tightened, and that is told, when they were open to others', async () => {
    const dataDir = await usedDataDir();
    for (const file of ['store.db', 'store.key']) chmodSync(join(dataDir, file), 0o644);
    const store = await startedStoreIn(dataDir);
    for (const file of ['store.db', 'store.key']) {
      expect(modeOf(join(dataDir, file))).toBe('600');
      expect(store.logger.lines).toContainEqual(
        expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ file: join(dataDir, file) }) }),
      );
    }
  });

  it('leave the mode of a data directory that was there before, and tell when others may write in it', async () => {
    const dataDir = freshDataDir();
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o777);
    const store = await startedStoreIn(dataDir);
    expect(modeOf(dataDir)).toBe('777');
    expect(store.logger.lines).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });

  it.skipIf(process.getuid?.() !== 0)(
    'tell when another user owns the data directory (only root can give it away)',
    async () => {
      const dataDir = freshDataDir();
      mkdirSync(dataDir);
      chownSync(dataDir, 65_534, 65_534);
      const store = await startedStoreIn(dataDir);
      expect(store.logger.lines).toContainEqual(
        expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ dataDir, ownerId: 65_534 }) }),
      );
    },
  );

  it('may be in a directory reached through a link', async () => {
    const dataDir = await usedDataDir();
    const link = `${dataDir}-link`;
    symlinkSync(dataDir, link);
    const store = await startedStoreIn(link);
    expect((await store.client.request('listDevices', {})).devices).toHaveLength(1);
    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  });
});

describe('life of a store', () => {
  it('starts and stops as often as asked', async () => {
    const store = storeIn(freshDataDir());
    await store.actor.stop();
    await store.actor.start();
    await store.actor.start();
    await store.client.request('openIdentity', { defaultName: 'Laptop' });
    await store.actor.stop();
    await store.actor.stop();
    await store.actor.start();
    expect((await store.client.request('openIdentity', { defaultName: 'Laptop' })).incarnation).toBe(2);
  });

  it('answers nothing before start and after stop', async () => {
    const store = storeIn(freshDataDir());
    await expect(store.client.request('listDevices', {})).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await store.actor.start();
    await store.actor.stop();
    await expect(store.client.request('listDevices', {})).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  it('refuses a second owner and names the first', async () => {
    const dataDir = freshDataDir();
    const first = await startedStoreIn(dataDir);
    const error = await refusal(dataDir);
    expect(error).toMatchObject({ code: 'STORE_LOCKED', retryable: true, data: { dataDir, pid: process.pid } });
    await first.client.request('openIdentity', { defaultName: 'Laptop' });
    await first.actor.stop();
    await startedStoreIn(dataDir);
  });

  it.each([undefined, '', 'nonsense', '-1', '9'.repeat(400)])(
    'refuses a second owner without naming one it cannot know (%s)',
    async (pid) => {
      const dataDir = freshDataDir();
      mkdirSync(dataDir);
      const lock = new DatabaseSync(join(dataDir, 'store.lock'));
      onTestFinished(() => lock.close());
      lock.exec('BEGIN EXCLUSIVE');
      if (pid !== undefined) writeFileSync(join(dataDir, 'store.pid'), pid);
      const error = await refusal(dataDir);
      expect(error).toMatchObject({ code: 'STORE_LOCKED', data: { pid: null } });
      expect(error.message).toContain('another process');
    },
  );

  it('refuses a second owner also when its lock file was deleted', async () => {
    const dataDir = freshDataDir();
    await startedStoreIn(dataDir);
    rmSync(join(dataDir, 'store.lock'));
    expect((await refusal(dataDir)).code).toBe('STORE_LOCKED');
  });

  it('lets go of everything when it cannot open', async () => {
    const dataDir = await usedDataDir();
    const key = readFileSync(join(dataDir, 'store.key'));
    rmSync(join(dataDir, 'store.key'));
    expect((await refusal(dataDir)).code).toBe('STORE_KEY_MISSING');
    writeFileSync(join(dataDir, 'store.key'), key);
    await startedStoreIn(dataDir);
  });
});

describe('a store that is not whole', () => {
  it('is refused without its key, naming the file, and gets no new one', async () => {
    const dataDir = await usedDataDir();
    rmSync(join(dataDir, 'store.key'));
    const error = await refusal(dataDir);
    expect(error).toMatchObject({ code: 'STORE_KEY_MISSING', data: { file: join(dataDir, 'store.key') } });
    expect(error.message).toContain(join(dataDir, 'store.key'));
    expect(existsSync(join(dataDir, 'store.key'))).toBe(false);
  });

  it('is refused with the key of another store', async () => {
    const dataDir = await usedDataDir();
    copyFileSync(join(await usedDataDir(), 'store.key'), join(dataDir, 'store.key'));
    expect((await refusal(dataDir)).code).toBe('STORE_KEY_MISMATCH');
  });

  it.each([
    '',
    'hello',
    `bowline store key 1: ${'g'.repeat(64)}`,
    `bowline store key 2: ${'a'.repeat(64)}`,
    'x'.repeat(1e6),
  ])('is refused with a file that is no key (%#)', async (content) => {
    const dataDir = await usedDataDir();
    writeFileSync(join(dataDir, 'store.key'), content);
    const error = await refusal(dataDir);
    expect(error.code).toBe('STORE_KEY_MISMATCH');
    expect(readFileSync(join(dataDir, 'store.key'), 'utf8')).toBe(content);
  });

  it('takes a key file with the line end an editor added', async () => {
    const dataDir = await usedDataDir();
    const key = join(dataDir, 'store.key');
    writeFileSync(key, `${readFileSync(key, 'utf8').trim()}\r\n\n`);
    await startedStoreIn(dataDir);
  });

  it.each(['missing', 'empty'])('is refused when its database is %s', async (how) => {
    const dataDir = await usedDataDir();
    const file = join(dataDir, 'store.db');
    if (how === 'missing') rmSync(file);
    else truncateSync(file);
    const error = await refusal(dataDir);
    expect(error).toMatchObject({ code: 'STORE_DAMAGED', data: { file } });
    expect(existsSync(file) ? statSync(file).size : 0).toBe(0);
  });

  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ['is no database', () => Buffer.from('not a database at all '.repeat(300))],
    ['lost its header', (bytes) => Buffer.concat([Buffer.alloc(100), bytes.subarray(100)])],
    ['was cut short', (bytes) => bytes.subarray(0, bytes.length - 4_096 * 2)],
    [
      'has pages of noise',
      (bytes) => Buffer.concat([bytes.subarray(0, 4_096), Buffer.alloc(bytes.length - 4_096, 0xa5)]),
    ],
  ];
  it.each(damages)('is refused and left as found when its database %s', async (_how, damage) => {
    const dataDir = await usedDataDir();
    const file = join(dataDir, 'store.db');
    const damaged = damage(readFileSync(file));
    writeFileSync(file, damaged);
    const error = await refusal(dataDir);
    expect(error).toMatchObject({ code: 'STORE_DAMAGED', retryable: false, data: { file } });
    expect(error.message).toMatch(/backup/);
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  it('is refused when the database is that of another program', async () => {
    const dataDir = freshDataDir();
    mkdirSync(dataDir);
    const database = new DatabaseSync(join(dataDir, 'store.db'));
    database.exec('CREATE TABLE other (x)');
    database.close();
    expect(await refusal(dataDir)).toMatchObject({
      code: 'STORE_DAMAGED',
      data: { problem: expect.stringMatching(/Bowline/) },
    });
  });

  it.each([
    ["DELETE FROM facts WHERE name = 'data_key'", 'key is gone'],
    ["UPDATE facts SET value = 'text' WHERE name = 'data_key'", 'facts'],
    [
      "PRAGMA foreign_keys = OFF; INSERT INTO direct_addresses VALUES ('d-gone', '1.2.3.4:5', 1)",
      'device that is gone',
    ],
    ['DROP TABLE journal', 'no such table'],
  ])('is refused after %s', async (sql, problem) => {
    const dataDir = await usedDataDir();
    const database = new DatabaseSync(join(dataDir, 'store.db'));
    database.exec(sql);
    database.close();
    expect(await refusal(dataDir)).toMatchObject({
      code: 'STORE_DAMAGED',
      data: { problem: expect.stringContaining(problem) },
    });
  });

  it('is refused and left as found when a newer version wrote it', async () => {
    const dataDir = await usedDataDir();
    const file = join(dataDir, 'store.db');
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const before = readFileSync(file);
    const error = await refusal(dataDir);
    expect(error).toMatchObject({ code: 'STORE_NEWER', data: { foundVersion: 99 } });
    expect(error.message).toContain('Update Bowline');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('tells damage that shows while it is open', async () => {
    const dataDir = await usedDataDir();
    const store = await startedStoreIn(dataDir);
    const file = join(dataDir, 'store.db');
    for (let index = 0; index < 50; index += 1) {
      await store.client.request('appendJournal', {
        atMs: 1,
        event: 'x',
        deviceId: null,
        data: { text: 'y'.repeat(9_000) },
      });
    }
    await store.actor.stop();
    const again = await startedStoreIn(dataDir);
    const size = statSync(file).size;
    writeFileSync(file, Buffer.alloc(size - 4_096, 0x5a), { flag: 'r+' });
    await expect(again.client.request('readJournal', { afterPosition: 0, limit: 100 })).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      data: { file },
    });
  });
});

describe('a store on a system that refuses', () => {
  it('tells a data directory that is a file', async () => {
    const dataDir = freshDataDir();
    writeFileSync(dataDir, '');
    expect(await refusal(dataDir)).toMatchObject({ code: 'STORE_INACCESSIBLE', data: { file: dataDir } });
  });

  it.runIf(process.platform === 'linux')('tells at once a place where no directory can be made', async () => {
    const dataDir = '/proc/nope/deeper';
    expect(await refusal(dataDir)).toMatchObject({ code: 'STORE_INACCESSIBLE', data: { file: dataDir } });
  });

  it('tells a database that is a directory', async () => {
    const dataDir = freshDataDir();
    mkdirSync(join(dataDir, 'store.db'), { recursive: true });
    expect((await refusal(dataDir)).code).toBe('STORE_INACCESSIBLE');
  });

  it('tells a full disk, undoes the change as a whole, and goes on once there is room', async () => {
    const dataDir = freshDataDir();
    const store = await openStore(resolvePersistenceOptions({ dataDir }), {
      clock: fakeClock(),
      random: seededRandom(),
      logger: memoryLogger(),
    });
    store.identity.open('Laptop');
    const { id: deviceId } = store.devices.addPending(pendingNamed('NAS'));
    // SQLite's own bound reports what a full disk reports.
    store.database.exec('PRAGMA max_page_count = 1');
    const message = receivedMessage(1, 1, { deviceId, text: 'x'.repeat(100_000) });
    expect(() => store.inbox.receive(message)).toThrow(
      expect.objectContaining({ code: 'STORE_FULL', retryable: true }),
    );
    expect(store.devices.list()[0]?.lastReceived).toBeNull();
    expect(store.journal.read(-1, 10)).toEqual([]);
    store.database.exec('PRAGMA max_page_count = 100000');
    expect(store.inbox.receive(message)).toMatchObject({ outcome: 'stored', usage: { count: 1, sizeBytes: 100_000 } });
    expect(store.devices.list()[0]?.lastReceived).toEqual({ incarnation: 1, sequence: 1 });
    store.close();
  });
});

describe('a start that was cut short', () => {
  const interrupted = async (dataDir: string, atStep: 'key' | 'facts'): Promise<void> => {
    const random = seededRandom(3);
    let calls = 0;
    const components = {
      clock: fakeClock(),
      logger: memoryLogger(),
      // The source's key is the first thing that needs randomness, the store's own key the second.
      random: {
        ...random,
        bytes: (size: number) => {
          calls += 1;
          if (calls === (atStep === 'key' ? 1 : 2)) throw new Error('power lost');
          return random.bytes(size);
        },
      },
    };
    await expect(openStore(resolvePersistenceOptions({ dataDir }), components)).rejects.toThrow('power lost');
  };

  it.each(['key', 'facts'] as const)('goes on at the next start (before %s)', async (step) => {
    const dataDir = freshDataDir();
    await interrupted(dataDir, step);
    expect(existsSync(join(dataDir, 'store.key'))).toBe(step === 'facts');
    const store = await startedStoreIn(dataDir);
    expect((await store.client.request('openIdentity', { defaultName: 'Laptop' })).incarnation).toBe(1);
  });
});
