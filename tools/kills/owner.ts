/**
 * The process that is killed: opens the store in the folder it is given, which migrates one that is older, and does one
 * operation after the other. Prints a line before each, with how the store stands afterwards, and one when it is done.
 */
import { writeSync } from 'node:fs';
import { resolvePersistenceOptions } from '@bowline/persistence';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger, seededRandom } from '@bowline/testing';
import { openStore } from '../../packages/persistence/src/store.ts';
import { readKnownState } from './known-state.ts';
import { OPERATIONS } from './operations.ts';

const [dataDir = '', seed = '1'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const say = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`);

// Another day each time, so that there is something to back up.
const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + Number(seed) * 86_400_000 };
const components = { clock, random: systemRandom, logger: memoryLogger() };
const store = await openStore(resolvePersistenceOptions({ dataDir }), components);
store.identity.open('killed');
say({ opened: true });
for (;;) {
  const known = readKnownState(store);
  const operation = OPERATIONS[Math.floor(random.ratio() * OPERATIONS.length)];
  const planned = operation?.plan({ store, known, dataDir, ratio: random.ratio }) ?? null;
  if (operation === undefined || planned === null) continue;
  say({ begun: operation.name, after: planned.after });
  planned.run();
  say({ done: operation.name });
}
