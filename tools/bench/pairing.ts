/**
 * How long pairing takes, and what it leaves behind: `node tools/bench/pairing.ts [--rounds N] [--relay-rounds N]
 * [--pairings N]` (Linux).
 *
 * Devices are real hosts, each in a process of its own. On one network, joins with words and with a ticket take turns
 * with a bare iroh connection and two round trips on it. Through a relay, there is nothing else between the two, and every
 * byte is delayed on its way; a bare connection through the same relay is beside it. Prints one JSON object.
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

/** Pairings before anything is measured: every worker has then done once what it does. */
const WARM_UP = 3;

const folder = mkdtempSync(join(tmpdir(), 'bowline-bench-pairing-'));
let devicesMade = 0;

const device = (options: Omit<HonestOptions, 'name' | 'dataDir'>): Promise<HonestDevice> => {
  devicesMade += 1;
  const name = `device-${devicesMade}`;
  return honestDevice({ name, dataDir: join(folder, name), ...options });
};

/** Milliseconds from the call of `join` to "paired". */
const pairOnce = async (
  devices: readonly [HonestDevice, HonestDevice],
  by: 'words' | 'ticket',
  watch: () => () => Promise<void> = () => async () => undefined,
): Promise<number> => {
  const untilFound = watch();
  const offer = await offerOf(devices[0], 'accept');
  const offered = devices[0].call('ended', offer.sessionId);
  await untilFound();
  const { end, elapsedMs } = await devices[1].call('timedJoin', offer[by]);
  if (end.kind !== 'paired') throw new Error(`not paired by ${by}: ${end.reason}`);
  await offered;
  await partAll({ devices });
  return elapsedMs;
};

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
const rounded = (value: number): number => Math.round(value * 100) / 100;

const onOneNetwork = async (devices: readonly [HonestDevice, HonestDevice]) => {
  await using raw = await rawPair(null);
  const words: number[] = [];
  const ticket: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    words.push(await pairOnce(devices, 'words'));
    bare.push(await raw.connect());
    ticket.push(await pairOnce(devices, 'ticket'));
    bare.push(await raw.connect());
  }
  return {
    rounds: words.length,
    wordsMs: rounded(median(words)),
    ticketMs: rounded(median(ticket)),
    bareConnectionAndTwoRoundTripsMs: rounded(median(bare)),
    // With a ticket nothing has to be discovered.
    ratioOnceDiscovered: rounded(median(ticket) / median(bare)),
  };
};

const afterMany = async (devices: readonly [HonestDevice, HonestDevice]) => {
  const look = async () => ({
    memoryMebibytes: Math.round(
      (await Promise.all(devices.map((each) => each.heldBytes()))).reduce((sum, bytes) => sum + bytes, 0) / 2 ** 20,
    ),
    sockets: (await Promise.all(devices.map((each) => each.openSockets()))).reduce((sum, count) => sum + count, 0),
  });
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
  // A person takes seconds to type; the code's own endpoint is at the relay long before.
  const watch = () => {
    const { accepted } = relay.metrics();
    return async (): Promise<void> => {
      while (relay.metrics().accepted === accepted) await pause(5);
      await pause(roundTripMs);
    };
  };
  const words: number[] = [];
  for (let round = 0; round <= Number(values['relay-rounds']); round += 1) {
    words.push(await pairOnce(devices, 'words', watch));
  }
  for (const each of devices) await each.stop();
  const bare: number[] = [];
  {
    await using raw = await rawPair(relayUrl);
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
for (const roundTripMs of ROUND_TRIPS_MS) relays.push(await throughRelay(roundTripMs));
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ lan, relays, leftBehind }, null, 2)}\n`);
