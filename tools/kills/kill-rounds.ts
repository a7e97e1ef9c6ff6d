import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { resolvePersistenceOptions } from '@bowline/persistence';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger, seededRandom } from '@bowline/testing';
import { inspectDatabase } from '../../packages/persistence/src/database.ts';
import { openStore } from '../../packages/persistence/src/store.ts';
import { readKnownState } from './known-state.ts';
import type { KnownState } from './operation.ts';

/** What killing came to. */
export interface KillReport {
  readonly kills: number;
  /** What was under way when it was killed, and how often. */
  readonly under: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

const OWNER = fileURLToPath(new URL('owner.ts', import.meta.url));

/** One in so many stores is of the schema before, and is killed while it is migrated. */
const MIGRATED_EACH = 4;

/** How long an owner is let work, milliseconds: some operations, most of which take a few. */
const MOST_WORK_MS = 60;

interface Line {
  readonly begun?: string;
  readonly after?: KnownState;
  readonly done?: string;
  readonly opened?: boolean;
}

const options = (dataDir: string) => resolvePersistenceOptions({ dataDir });
const components = () => ({ clock: systemClock, random: systemRandom, logger: memoryLogger() });

/** As if an earlier release had written it: without what the last two migrations brought. */
const makeOlder = (dataDir: string): void => {
  const sqlite = new DatabaseSync(join(dataDir, 'store.db'));
  sqlite.exec('DROP TABLE presence; DROP TABLE blocked; DROP TABLE device_trust; PRAGMA user_version = 5');
  sqlite.close();
};

/** Lets an owner work, and kills it. @param afterOpening whether it is let open the store first */
const killOwner = async (
  dataDir: string,
  seed: number,
  delayMs: number,
  afterOpening: boolean,
): Promise<readonly Line[]> => {
  const child = spawn(process.execPath, [...process.execArgv, OWNER, dataDir, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Line[] = [];
  const reader = createInterface({ input: child.stdout });
  const killSoon = (): void => void setTimeout(() => child.kill('SIGKILL'), delayMs);
  reader.on('line', (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (afterOpening && line.opened === true) killSoon();
  });
  if (!afterOpening) {
    // The moment in which it takes the folder: it has loaded everything by then.
    const look = setInterval(() => {
      if (!existsSync(join(dataDir, 'store.pid'))) return;
      clearInterval(look);
      killSoon();
    }, 1);
    child.once('close', () => clearInterval(look));
  }
  await Promise.all([once(child, 'close'), once(reader, 'close')]);
  rmSync(join(dataDir, 'store.pid'), { force: true });
  return lines;
};

/** Every backup that has its name is whole. */
const unsoundBackups = (dataDir: string): readonly string[] => {
  const folder = join(dataDir, 'backups');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.bak'))
    .flatMap((name) => {
      try {
        inspectDatabase(join(folder, name), Number.MAX_SAFE_INTEGER, () => undefined);
        return [];
      } catch (error) {
        return [`${name}: ${String(error)}`];
      }
    });
};

const isSame = (one: KnownState, other: KnownState): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Kills the owner of one store again and again; everything is decided by the seed but the moment itself. */
export const killRounds = async (kills: number, seed: number): Promise<KillReport> => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'bowline-kills-')), 'data');
  const random = seededRandom(seed);
  const under: Record<string, number> = {};
  const problems: string[] = [];
  let known: KnownState = { paired: [], blocked: [], setting: 0 };
  let incarnation = 0;
  const first = await openStore(options(dataDir), components());
  first.identity.open('killed');
  first.close();

  for (let round = 1; round <= kills; round += 1) {
    const isMigrated = round % MIGRATED_EACH === 0;
    if (isMigrated) makeOlder(dataDir);
    const lines = await killOwner(dataDir, seed * 1_000 + round, random.ratio() * MOST_WORK_MS, !isMigrated);
    let expected: readonly KnownState[] = [known];
    let underWay = isMigrated ? 'opening' : 'nothing';
    for (const { begun, after, done } of lines) {
      if (after !== undefined) expected = [known, after];
      if (begun !== undefined) underWay = begun;
      if (done === undefined) continue;
      known = expected.at(-1) ?? known;
      expected = [known];
      underWay = 'nothing';
    }
    under[underWay] = (under[underWay] ?? 0) + 1;
    try {
      const store = await openStore(options(dataDir), components());
      const found = readKnownState(store);
      const { incarnation: count } = store.identity.open('killed');
      store.close();
      if (!expected.some((state) => isSame(state, found))) {
        problems.push(`round ${round}, ${underWay}: ${JSON.stringify(found)} is none of ${JSON.stringify(expected)}`);
      }
      if (count <= incarnation) problems.push(`round ${round}: incarnation ${count} after ${incarnation}`);
      known = found;
      incarnation = count;
    } catch (error) {
      problems.push(`round ${round}, ${underWay}: ${String(error)}`);
      break;
    }
    problems.push(...unsoundBackups(dataDir).map((problem) => `round ${round}, backup ${problem}`));
  }
  rmSync(join(dataDir, '..'), { recursive: true, force: true });
  return { kills, under, problems };
};
