import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCode, errorMessage } from '@bowline/contracts';
import { fakeClock, memoryLogger, seededRandom } from '@bowline/testing';
import { resolvePersistenceOptions } from '../../src/index.ts';
import { openStore, type Store } from '../../src/store.ts';

const owner = fileURLToPath(new URL('./paired-owner-process.ts', import.meta.url));

/** A data directory whose owner was killed right after it had stored things, so that its log is still there. */
export const killedDataDir = (): string => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'bowline-damage-')), 'data');
  const { signal, stderr } = spawnSync(process.execPath, [owner, dataDir], { encoding: 'utf8' });
  if (signal !== 'SIGKILL') throw new Error(`the owner did not come to its end: ${stderr}`);
  return dataDir;
};

/** The same after an ordered end. */
export const closedDataDir = async (): Promise<string> => {
  const dataDir = killedDataDir();
  (await openIn(dataDir)).close();
  return dataDir;
};

/** Opens a store, whose owner it then is. */
export const openIn = (dataDir: string): Promise<Store> =>
  openStore(resolvePersistenceOptions({ dataDir }), {
    clock: fakeClock(),
    random: seededRandom(),
    logger: memoryLogger(),
  });

/** Everything a store tells, as one text. */
const contentsOf = (store: Store): string => {
  // The start itself counts one incarnation.
  const identity = store.identity.open('another name');
  return JSON.stringify([
    { ...identity, secretKey: [...identity.secretKey] },
    store.devices.list(),
    store.blocked.list(),
    store.relayTokens.list(),
    store.settings.get('relay'),
    store.journal.read(0, 1_000),
    store.inbox.list({ deviceId: null, afterPosition: 0, limit: 1_000 }),
    store.devices
      .list()
      .flatMap(({ id }) => [
        ...store.inbox.list({ deviceId: id, afterPosition: 0, limit: 1_000 }),
        ...store.outbox.list({ deviceId: id, afterPosition: 0, limit: 1_000 }),
      ]),
    store.inbox.usage(),
    store.outbox.usage(),
  ]);
};

/** What comes of opening a store. */
export type Opened =
  | { readonly outcome: 'opened'; readonly contents: string }
  | {
      readonly outcome: 'refused';
      readonly code: string | undefined;
      readonly message: string;
      readonly namesFile: boolean;
    };

export const openAndRead = async (dataDir: string): Promise<Opened> => {
  let store: Store | undefined;
  try {
    store = await openIn(dataDir);
    return { outcome: 'opened', contents: contentsOf(store) };
  } catch (error) {
    const message = errorMessage(error);
    return { outcome: 'refused', code: errorCode(error), message, namesFile: message.includes(dataDir) };
  } finally {
    store?.close();
  }
};

/** A copy of a data directory for as long as `use` runs. */
export const withCopy = async <T>(dataDir: string, use: (copy: string) => Promise<T>): Promise<T> => {
  const parent = mkdtempSync(join(tmpdir(), 'bowline-damage-'));
  try {
    const copy = join(parent, 'data');
    cpSync(dataDir, copy, { recursive: true });
    return await use(copy);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
};

/** Every bit of every file of a data directory, counted through. */
export const bitsOf = (
  dataDir: string,
): { readonly count: number; readonly flip: (copy: string, bit: number) => string } => {
  const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, stat: statSync(join(dataDir, name)) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ name, stat }) => ({ name, bits: stat.size * 8 }));
  return {
    count: files.reduce((sum, { bits }) => sum + bits, 0),
    flip: (copy, bit) => {
      let left = bit;
      for (const { name, bits } of files) {
        if (left >= bits) {
          left -= bits;
          continue;
        }
        const file = join(copy, name);
        const bytes = readFileSync(file);
        const at = Math.floor(left / 8);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (left % 8));
        writeFileSync(file, bytes);
        return `${name} byte ${at} bit ${left % 8}`;
      }
      throw new Error('no such bit');
    },
  };
};

/** Cuts a file to a share of its length. */
export const cutFile = (file: string, share: number): void =>
  truncateSync(file, Math.floor(statSync(file).size * share));
