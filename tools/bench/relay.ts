/**
 * What the relay server costs: `node tools/bench/relay.ts [--seconds 4] [--rounds 3] [--pairs 1,20] [--idle 1000]
 * [--reference PATH_OF_IROH_RELAY]` (Linux).
 *
 * Forwarding: pairs of clients, 32 datagrams of 1,200 bytes in flight each; idle clients: memory and logins. Our relay
 * and, if given, the reference take turns in one run, so that all see the same machine. Prints one JSON object, the
 * medians of all rounds.
 */
import { parseArgs } from 'node:util';
import { keepInFlight } from './relay-load/keep-in-flight.ts';
import { type RawClient, rawClient } from './relay-load/raw-client.ts';
import { ourRelay, type RelayProcess, referenceRelay } from './relay-load/relay-process.ts';

const WARM_UP_MS = 1_000;

/** Clients logging in at once. */
const LOGINS_AT_ONCE = 50;

interface Forwarding {
  readonly cpuMicrosPerDatagram: number;
  readonly datagramsPerSecond: number;
}

interface Idle {
  readonly bytesPerClient: number;
  readonly cpuMicrosPerLogin: number;
  readonly loginsPerSecond: number;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    pairs: { type: 'string', default: '1,20' },
    idle: { type: 'string', default: '1000' },
    reference: { type: 'string', default: process.env.IROH_RELAY ?? '' },
  },
});

const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** Medians of each field, to two decimals. */
const mediansOf = <T extends Forwarding | Idle>(results: readonly T[]): Record<string, number> => {
  const fields = Object.keys(results[0] ?? {}) as (keyof T)[];
  const medianOf = (field: keyof T): number => median(results.map((result) => Number(result[field])));
  return Object.fromEntries(fields.map((field) => [field, Math.round(medianOf(field) * 100) / 100]));
};

const forwarding = async (relay: RelayProcess, pairs: number, seconds: number): Promise<Forwarding> => {
  const clients: RawClient[] = [];
  for (let seed = 1; seed <= pairs * 2; seed += 1) clients.push(await rawClient(relay.port, seed));
  let delivered = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    const [sender, receiver] = clients.slice(pair * 2, pair * 2 + 2) as [RawClient, RawClient];
    keepInFlight(sender, receiver, (count) => {
      delivered += count;
    });
  }
  await pause(WARM_UP_MS);
  const before = { delivered, cpu: relay.cpuMicros(), at: performance.now() };
  await pause(seconds * 1_000);
  const count = delivered - before.delivered;
  const result = {
    cpuMicrosPerDatagram: (relay.cpuMicros() - before.cpu) / count,
    datagramsPerSecond: (count * 1_000) / (performance.now() - before.at),
  };
  for (const { socket } of clients) socket.destroy();
  return result;
};

const idle = async (relay: RelayProcess, count: number): Promise<Idle> => {
  const warmUp = await rawClient(relay.port, 0xffff);
  const before = { bytes: relay.residentBytes(), cpu: relay.cpuMicros(), at: performance.now() };
  const clients: RawClient[] = [warmUp];
  for (let seed = 1; seed <= count; seed += LOGINS_AT_ONCE) {
    const batch = Array.from({ length: Math.min(LOGINS_AT_ONCE, count - seed + 1) }, (_, index) => seed + index);
    clients.push(...(await Promise.all(batch.map((each) => rawClient(relay.port, each)))));
  }
  const elapsedMs = performance.now() - before.at;
  const cpuMicrosPerLogin = (relay.cpuMicros() - before.cpu) / count;
  await pause(WARM_UP_MS);
  const bytesPerClient = (relay.residentBytes() - before.bytes) / count;
  for (const { socket } of clients) socket.destroy();
  return { bytesPerClient, cpuMicrosPerLogin, loginsPerSecond: (count * 1_000) / elapsedMs };
};

const relays: Record<string, () => Promise<RelayProcess>> = { ours: ourRelay };
if (values.reference !== '') relays.reference = () => referenceRelay(values.reference);

/** Every relay a fresh process for every measurement, in turns. */
const measure = async <T extends Forwarding | Idle>(
  measurement: (relay: RelayProcess) => Promise<T>,
): Promise<Record<string, Record<string, number>>> => {
  const results: Record<string, T[]> = {};
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [name, start] of Object.entries(relays)) {
      const relay = await start();
      try {
        results[name] = [...(results[name] ?? []), await measurement(relay)];
      } finally {
        await relay.end();
      }
    }
  }
  return Object.fromEntries(Object.entries(results).map(([name, all]) => [name, mediansOf(all)]));
};

const report: Record<string, Record<string, Record<string, number>>> = {};
for (const pairs of values.pairs.split(',').map(Number)) {
  report[`forwarding, ${pairs} pairs`] = await measure((relay) => forwarding(relay, pairs, Number(values.seconds)));
}
report[`${values.idle} idle clients`] = await measure((relay) => idle(relay, Number(values.idle)));
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
