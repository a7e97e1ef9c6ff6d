/**
 * `npm run test:netns:hour [-- --minutes 60] [--seed 1]`: two devices in two homes send each other numbered messages, ten a second
 * each, through faults of all kinds that come from a seed: cables, outages, roaming, captive networks, paths that die, a relay
 * that is restarted, a device that sleeps or is killed, of networks and of programs at the same time. Prints one JSON object, and
 * exits with 1 when a message was lost, came twice, or out of order; the file it then leaves says what happened, and the seed.
 * A whole hour, or more, is written down in `docs/results/random-hour.md`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '@bowline/testing';
import { ROOT } from '../package-shape.ts';
import { goThroughHour } from './go-through-hour.ts';
import { hourPage } from './hour-page.ts';
import { machineLine } from './machine-line.ts';
import { prepareLabs } from './prepare-labs.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new RangeError('--minutes and --seed must be numbers');
await prepareLabs();
const outcome = await goThroughHour({
  durationMs: minutes * 60_000,
  seed,
  randoms: [seededRandom(seed), seededRandom(seed + 1)],
  failureFolder: join(ROOT, '.cache', 'network-failures'),
});
if (minutes >= 60) {
  const page = hourPage(outcome, { endedAtMs: Date.now(), machine: machineLine() });
  writeFileSync(join(ROOT, 'docs/results/random-hour.md'), page);
}
process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
process.exit(outcome.failure === null ? 0 : 1);
