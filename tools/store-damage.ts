/**
 * `node tools/store-damage.ts [FLIPS] [SEED]`: flips single bits of the files of a data directory, in one whose owner was
 * killed and in one that was closed, and cuts the write-ahead log at every eleventh. Each time the store must open with
 * everything in it, or refuse with an error that names the file, what is safe and
 * the remedy. Prints what came of it.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { seededRandom } from '@bowline/testing';
import {
  bitsOf,
  closedDataDir,
  cutFile,
  killedDataDir,
  type Opened,
  openAndRead,
  withCopy,
} from '../packages/persistence/test/support/damaged-store.ts';

const FLIPS = Number(process.argv[2] ?? 2_000);
const random = seededRandom(Number(process.argv[3] ?? 1));

const outcomes = new Map<string, number>();
const failures: string[] = [];

const judge = (state: string, damage: string, opened: Opened, whole: string): void => {
  const outcome = opened.outcome === 'opened' ? 'nothing lost' : String(opened.code);
  outcomes.set(`${state}: ${outcome}`, (outcomes.get(`${state}: ${outcome}`) ?? 0) + 1);
  const isRight =
    opened.outcome === 'opened'
      ? opened.contents === whole
      : opened.code?.startsWith('STORE_') === true && opened.namesFile && /safe.*put .*back/i.test(opened.message);
  if (isRight) return;
  failures.push(`${state}, ${damage}: ${opened.outcome === 'opened' ? 'lost in silence' : opened.message}`);
};

const states: readonly (readonly [state: string, dataDir: string])[] = [
  ['killed', killedDataDir()],
  ['closed', await closedDataDir()],
];
for (const [state, dataDir] of states) {
  const undamaged = await withCopy(dataDir, openAndRead);
  if (undamaged.outcome === 'refused') throw new Error(undamaged.message);
  const whole = undamaged.contents;
  const bits = bitsOf(dataDir);
  for (let index = 0; index < FLIPS / 2; index += 1) {
    const bit = Math.floor(random.ratio() * bits.count);
    await withCopy(dataDir, async (copy) => {
      const damage = bits.flip(copy, bit);
      judge(state, damage, await openAndRead(copy), whole);
    });
  }
  for (let elevenths = 0; state === 'killed' && elevenths < 11; elevenths += 1) {
    await withCopy(dataDir, async (copy) => {
      cutFile(join(copy, 'store.db-wal'), elevenths / 11);
      judge('log cut', `at ${elevenths}/11`, await openAndRead(copy), whole);
    });
  }
  rmSync(dirname(dataDir), { recursive: true });
}

for (const [outcome, count] of [...outcomes].sort(([a], [b]) => a.localeCompare(b)))
  process.stdout.write(`${outcome}: ${count}\n`);
for (const failure of failures) process.stdout.write(`WRONG ${failure}\n`);
process.exit(failures.length === 0 ? 0 : 1);
