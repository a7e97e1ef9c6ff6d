/**
 * How long pairing takes, and what it leaves behind: `npm run bench pairing -- [--rounds N] [--relay-rounds N]
 * [--pairings N]` (Linux). With 0 a part is left out.
 *
 * Devices are real hosts, each in a process of its own. On one network, joins with words and with a ticket take turns
 * with a bare iroh connection and two round trips on it, once more with the durable writes a pairing cannot do without.
 * A device is discovered when the joiner has the first address of it. Through a relay, there is nothing else between
 * the two, and every byte is delayed on its way; a bare connection through the same relay is beside it. Prints one JSON
 * object.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { partAll } from '../hostile/aftermath.ts';
import { type HonestDevice, type HonestOptions, honestDevice } from '../hostile/honest/honest-device.ts';
import { offerOf } from '../hostile/stage.ts';
import { delayedPort } from './pairing/delayed-port.ts';
import { DEAF, LOOPBACK, rawPair } from './pairing/raw-pair.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    'relay-rounds': { type: 'string', default: '7' },
    pairings: { type: 'string', default: '200' },
  },
});

/** Round trips from device to device, milliseconds. A byte passes the delay four times on its way there and back. */
const ROUND_TRIPS_MS = [0, 50, 200] as const;
const DELAYS_PER_ROUND_TRIP = 4;

/** What words alone may take through a relay: twelve round trips and a second. */
const GOAL_ROUND_TRIPS = 12;
const GOAL_REST_MS = 1_000;

/** Codes that were used linger for 30 s; V8 gives memory back some seconds after it is not needed. */
const SETTLE_MS = 40_000;

/** Twelve words are not typed faster. */
const TYPING_MS = 1_000;

/** What the last round left to do is done by then: links come up or end. */
const QUIET_MS = 300;

/** Pairings before anything is measured: every worker has then done once what it does. */
const WARM_UP = 3;

const folder = mkdtempSync(join(tmpdir(), 'bowline-bench-pairing-'));
let devicesMade = 0;

const device = (options: Omit<HonestOptions, 'name' | 'dataDir'>): Promise<HonestDevice> => {
  devicesMade += 1;
  const name = `device-${devicesMade}`;
  return honestDevice({ name, dataDir: join(folder, name), ...options });
};

/** Milliseconds to "paired": from the call of `join`, and from the moment the other device was discovered. */
interface Taken {
  readonly inAllMs: number;
  readonly onceDiscoveredMs: number;
}

const pairOnce = async (
  devices: readonly [HonestDevice, HonestDevice],
  by: 'words' | 'ticket',
  watch: () => () => Promise<void> = () => async () => undefined,
): Promise<Taken> => {
  const untilFound = watch();
  const offer = await offerOf(devices[0], 'accept');
  const offered = devices[0].call('ended', offer.sessionId);
  await untilFound();
  const { end, elapsedMs } = await devices[1].call('timedJoin', offer[by]);
  if (end.kind !== 'paired') throw new Error(`not paired by ${by}: ${end.reason}`);
  await offered;
  await partAll({ devices });
  return { inAllMs: elapsedMs, onceDiscoveredMs: elapsedMs - (end.discoveredMs ?? 0) };
};

const quantile = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? 0;
const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);
const rounded = (value: number): number => Math.round(value * 100) / 100;

const inAll = ({ inAllMs }: Taken): number => inAllMs;

const onOneNetwork = async (devices: readonly [HonestDevice, HonestDevice]) => {
  if (Number(values.rounds) === 0) return null;
  await using raw = await rawPair(folder, null);
  const taken = { words: [] as Taken[], ticket: [] as Taken[] };
  const bare: number[] = [];
  const bareWithCommits: number[] = [];
  const quiet = (): (() => Promise<void>) => () => pause(QUIET_MS);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const by of ['words', 'ticket'] as const) {
      taken[by].push(await pairOnce(devices, by, quiet));
      await pause(QUIET_MS);
      bare.push(await raw.connect());
      await pause(QUIET_MS);
      bareWithCommits.push(await raw.connectAndCommit());
    }
  }
  const onceDiscovered = [...taken.words, ...taken.ticket].map(({ onceDiscoveredMs }) => onceDiscoveredMs);
  const spread = (numbers: readonly number[]) => ({
    p10: rounded(quantile(numbers, 0.1)),
    p50: rounded(median(numbers)),
    p90: rounded(quantile(numbers, 0.9)),
  });
  return {
    rounds: Number(values.rounds),
    inAllMs: { words: spread(taken.words.map(inAll)), ticket: spread(taken.ticket.map(inAll)) },
    onceDiscoveredMs: spread(onceDiscovered),
    bareConnectionAndTwoRoundTripsMs: spread(bare),
    bareWithTwoCommitsOnEitherSideMs: spread(bareWithCommits),
    ratioOnceDiscovered: rounded(median(onceDiscovered) / median(bare)),
    ratioOnceDiscoveredToBareWithCommits: rounded(median(onceDiscovered) / median(bareWithCommits)),
  };
};

const afterMany = async (devices: readonly [HonestDevice, HonestDevice]) => {
  const look = async () => ({
    memoryMebibytes: Math.round(
      (await Promise.all(devices.map((each) => each.held()))).reduce(
        (sum, { residentBytes }) => sum + residentBytes,
        0,
      ) /
        2 ** 20,
    ),
    sockets: (await Promise.all(devices.map((each) => each.openSockets()))).reduce((sum, count) => sum + count, 0),
  });
  if (Number(values.pairings) === 0) return null;
  const before = await look();
  for (let count = 0; count < Number(values.pairings); count += 1) await pairOnce(devices, 'words');
  await pause(SETTLE_MS);
  return { pairings: Number(values.pairings), before, after: await look() };
};

const throughRelay = async (roundTripMs: number) => {
  const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
  const relay = relayServer({ port: 0, bindAddress: '127.0.0.1' })(components);
  await relay.start();
  await using slow = await delayedPort(relay.port, roundTripMs / DELAYS_PER_ROUND_TRIP);
  const relayUrl = `http://127.0.0.1:${slow.port}/`;
  const common = { mdns: false, relay: { urls: [relayUrl] } };
  const devices = [await device({ ...common, bind: DEAF }), await device({ ...common, bind: LOOPBACK })] as const;
  while (relay.metrics().endpoints < devices.length) await pause(20);
  // The switchboard has logged the code's own endpoint in; iroh takes a quarter of a second more to be there itself.
  const watch = () => {
    const { accepted } = relay.metrics();
    return async (): Promise<void> => {
      while (relay.metrics().accepted === accepted) await pause(5);
      await pause(TYPING_MS + roundTripMs);
    };
  };
  const words: number[] = [];
  for (let round = 0; round <= Number(values['relay-rounds']); round += 1) {
    words.push(inAll(await pairOnce(devices, 'words', watch)));
  }
  for (const each of devices) await each.stop();
  const bare: number[] = [];
  {
    await using raw = await rawPair(folder, relayUrl);
    for (const _ of words) bare.push(await raw.connect());
  }
  await relay.stop();
  // The first one warms up.
  const [wordsMs, bareMs] = [rounded(median(words.slice(1))), rounded(median(bare.slice(1)))];
  return {
    roundTripMs,
    rounds: words.length - 1,
    wordsMs,
    bareConnectionAndTwoRoundTripsMs: bareMs,
    roundTrips: roundTripMs === 0 ? null : rounded(wordsMs / roundTripMs),
    ofGoal: rounded(wordsMs / (GOAL_ROUND_TRIPS * roundTripMs + GOAL_REST_MS)),
  };
};

const near = { mdns: true, relay: 'disabled', bind: ['127.0.0.1'] } as const;
const devices = [await device(near), await device(near)] as const;
for (let count = 0; count < WARM_UP; count += 1) await pairOnce(devices, 'words');
const lan = await onOneNetwork(devices);
const leftBehind = await afterMany(devices);
for (const each of devices) await each.stop();
const relays = [];
if (Number(values['relay-rounds']) > 0) {
  for (const roundTripMs of ROUND_TRIPS_MS) relays.push(await throughRelay(roundTripMs));
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ lan, relays, leftBehind }, null, 2)}\n`);
