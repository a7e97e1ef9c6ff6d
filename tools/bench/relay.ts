/**
 * What the relay server costs: `npm run bench relay -- [--seconds 4] [--rounds 3] [--pairs 1,20,200x1] [--idle 1000]
 * [--idle-seconds 1] [--tls] [--reference PATH_OF_IROH_RELAY]` (Linux).
 *
 * Forwarding: pairs of clients with datagrams of 1,200 bytes in flight, 32 for each pair or as many as stand behind an
 * x; idle clients: memory, `--idle-seconds` after the last came, and logins. Our relay is `bowline relay serve`; it and,
 * if given, the reference take turns in one run, so that all see the same machine. Prints one JSON object: the medians
 * of all rounds, and of ours divided by the reference's of the same round.
 */
import { parseArgs } from 'node:util';
import type { RelayTls } from '@bowline/relay-server';
import { selfSigned } from '../../packages/relay-server/test/self-signed.ts';
import { keepInFlight, USUAL_IN_FLIGHT } from './relay-load/keep-in-flight.ts';
import { demandOpenFiles } from './relay-load/open-files.ts';
import { answerPings, type RawClient, rawClient } from './relay-load/raw-client.ts';
import { ourRelay, type RelayProcess, referenceRelay } from './relay-load/relay-process.ts';

const WARM_UP_MS = 1_000;

/** Clients logging in at once. */
const LOGINS_AT_ONCE = 50;

type Numbers = Readonly<Record<string, number>>;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    pairs: { type: 'string', default: '1,20,200x1' },
    idle: { type: 'string', default: '1000' },
    'idle-seconds': { type: 'string', default: '1' },
    tls: { type: 'boolean', default: false },
    reference: { type: 'string', default: process.env.IROH_RELAY ?? '' },
  },
});
const tls: RelayTls | null = values.tls ? selfSigned() : null;
const idleCount = Number(values.idle);

const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** Medians of each field, to two decimals. */
const mediansOf = (results: readonly Numbers[]): Numbers =>
  Object.fromEntries(
    Object.keys(results[0] ?? {}).map((field) => {
      const value = median(results.map((result) => result[field] ?? Number.NaN));
      return [field, Math.round(value * 100) / 100];
    }),
  );

const quotientsOf = (ours: Numbers, reference: Numbers): Numbers =>
  Object.fromEntries(Object.entries(ours).map(([field, value]) => [field, value / (reference[field] ?? Number.NaN)]));

const clientOf = ({ port }: RelayProcess, seed: number): Promise<RawClient> =>
  rawClient(port, seed, { ca: tls?.certificatePem ?? null });

const forwarding = async (relay: RelayProcess, pairs: number, inFlight: number, seconds: number): Promise<Numbers> => {
  const clients: RawClient[] = [];
  for (let seed = 1; seed <= pairs * 2; seed += 1) clients.push(await clientOf(relay, seed));
  let delivered = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    const [sender, receiver] = clients.slice(pair * 2, pair * 2 + 2) as [RawClient, RawClient];
    keepInFlight(
      sender,
      receiver,
      (count) => {
        delivered += count;
      },
      { inFlight },
    );
  }
  await pause(WARM_UP_MS);
  const before = { delivered, cpu: relay.cpuMicros(), at: performance.now() };
  await pause(seconds * 1_000);
  const count = delivered - before.delivered;
  const cpuMicros = relay.cpuMicros() - before.cpu;
  const result = {
    cpuMicrosPerDatagram: cpuMicros / count,
    datagramsPerCpuSecond: (count * 1_000_000) / cpuMicros,
    datagramsPerSecond: (count * 1_000) / (performance.now() - before.at),
  };
  for (const { socket } of clients) socket.destroy();
  return result;
};

const idle = async (relay: RelayProcess): Promise<Numbers> => {
  const warmUp = await clientOf(relay, 0xffff_ffff);
  const before = { bytes: relay.residentBytes(), cpu: relay.cpuMicros(), at: performance.now() };
  answerPings(warmUp);
  const clients: RawClient[] = [warmUp];
  for (let seed = 1; seed <= idleCount; seed += LOGINS_AT_ONCE) {
    const batch = Array.from({ length: Math.min(LOGINS_AT_ONCE, idleCount - seed + 1) }, (_, index) => seed + index);
    const arrived = await Promise.all(batch.map((each) => clientOf(relay, each)));
    for (const client of arrived) answerPings(client);
    clients.push(...arrived);
  }
  const elapsedMs = performance.now() - before.at;
  const cpuMicrosPerLogin = (relay.cpuMicros() - before.cpu) / idleCount;
  await pause(Number(values['idle-seconds']) * 1_000);
  const served = clients.slice(1).filter(({ socket }) => !socket.destroyed).length;
  const bytesPerClient = (relay.residentBytes() - before.bytes) / served;
  for (const { socket } of clients) socket.destroy();
  return { served, bytesPerClient, cpuMicrosPerLogin, loginsPerSecond: (idleCount * 1_000) / elapsedMs };
};

const relays: Record<string, () => Promise<RelayProcess>> = { ours: () => ourRelay(tls) };
if (values.reference !== '') relays.reference = () => referenceRelay(values.reference, tls);

/** Every relay a fresh process for every measurement, in turns. */
const measure = async (measurement: (relay: RelayProcess) => Promise<Numbers>): Promise<Record<string, Numbers>> => {
  const results: Record<string, Numbers[]> = {};
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
  const medians = Object.fromEntries(Object.entries(results).map(([name, all]) => [name, mediansOf(all)]));
  if (!('reference' in results)) return medians;
  const { ours = [], reference = [] } = results;
  const quotients = ours.map((each, round) => quotientsOf(each, reference[round] ?? {}));
  return { ...medians, oursByReference: mediansOf(quotients) };
};

demandOpenFiles(idleCount);
const report: Record<string, Record<string, Numbers>> = {};
for (const load of values.pairs.split(',')) {
  const [pairs = 0, inFlight = USUAL_IN_FLIGHT] = load.split('x').map(Number);
  report[`forwarding, ${pairs} pairs with ${inFlight} in flight`] = await measure((relay) =>
    forwarding(relay, pairs, inFlight, Number(values.seconds)),
  );
}
report[`${idleCount} idle clients`] = await measure(idle);
process.stdout.write(`${JSON.stringify({ tls: tls !== null, ...report }, null, 2)}\n`);
