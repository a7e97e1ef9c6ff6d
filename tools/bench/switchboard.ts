/**
 * What the switchboard costs beside the relay: `npm run bench switchboard -- [--rounds 3] [--seconds 4] [--echoes 2000]
 * [--reference PATH_OF_IROH_RELAY]` (Linux).
 *
 * Round trips: two iroh endpoints that nothing but one relay connects, neither, one or both of them behind a switchboard,
 * in turns, so that all see the same machine. CPU: datagrams of 1,200 bytes, 32 in flight, between two clients at the relay,
 * then with the sender behind a switchboard, then the receiver; each process's time for one datagram. Prints one JSON
 * object, medians of all rounds. `ratio` is the switchboard's time next to that of the relay without it, `ratioInThisFlow`
 * next to that of the relay meanwhile, which has less to do for frames that come in bursts. Goals: `addedByOneMs` at
 * most 0.3, `ratio` at most 1.5.
 */
import { parseArgs } from 'node:util';
import { ourRelay, type RelayProcess, referenceRelay } from './relay-load/relay-process.ts';
import { type Behind, echoRoundTrips } from './switchboard/echo-round-trips.ts';
import { type BehindOne, type ForwardingCost, forwardingCost } from './switchboard/forwarding.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    echoes: { type: 'string', default: '2000' },
    reference: { type: 'string', default: process.env.IROH_RELAY ?? '' },
  },
});
const rounds = Number(values.rounds);

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Every measurement at a relay of its own. */
const at = async <T>(start: () => Promise<RelayProcess>, measure: (relay: RelayProcess) => Promise<T>): Promise<T> => {
  const relay = await start();
  try {
    return await measure(relay);
  } finally {
    await relay.end();
  }
};

const roundTrips = async (start: () => Promise<RelayProcess>): Promise<Readonly<Record<string, number>>> => {
  const mediansMs: Record<Behind, number[]> = { none: [], one: [], both: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const behind of ['none', 'one', 'both'] as const) {
      const all = await at(start, (relay) => echoRoundTrips(relay, behind, Number(values.echoes)));
      mediansMs[behind].push(median(all));
    }
  }
  const [none, one, both] = [median(mediansMs.none), median(mediansMs.one), median(mediansMs.both)];
  return {
    withoutMs: rounded(none),
    oneBehindMs: rounded(one),
    bothBehindMs: rounded(both),
    addedByOneMs: rounded(one - none),
    addedByBothMs: rounded(both - none),
  };
};

const forwarding = async (start: () => Promise<RelayProcess>): Promise<Readonly<Record<string, unknown>>> => {
  const costs: Record<BehindOne, ForwardingCost[]> = { nobody: [], sender: [], receiver: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [behind, all] of Object.entries(costs) as [BehindOne, ForwardingCost[]][]) {
      all.push(await at(start, (relay) => forwardingCost(relay, behind, Number(values.seconds))));
    }
  }
  const of = (behind: BehindOne, field: keyof ForwardingCost): number =>
    median(costs[behind].map((cost) => cost[field]));
  const relayAlone = of('nobody', 'relayMicros');
  const behindOne = (behind: BehindOne): Readonly<Record<string, number>> => ({
    switchboardMicros: rounded(of(behind, 'switchboardMicros')),
    relayMicros: rounded(of(behind, 'relayMicros')),
    ratio: rounded(of(behind, 'switchboardMicros') / relayAlone),
    ratioInThisFlow: rounded(of(behind, 'switchboardMicros') / of(behind, 'relayMicros')),
    datagramsPerSecond: Math.round(of(behind, 'datagramsPerSecond')),
    datagramsPerSwitchboardCpuSecond: Math.round(1_000_000 / of(behind, 'switchboardMicros')),
  });
  return {
    withoutSwitchboard: {
      relayMicros: rounded(relayAlone),
      datagramsPerSecond: Math.round(of('nobody', 'datagramsPerSecond')),
      datagramsPerRelayCpuSecond: Math.round(1_000_000 / relayAlone),
    },
    sending: behindOne('sender'),
    receiving: behindOne('receiver'),
  };
};

const relays: Record<string, () => Promise<RelayProcess>> = { ours: () => ourRelay() };
if (values.reference !== '') relays.reference = () => referenceRelay(values.reference);

const report: Record<string, unknown> = {};
for (const [name, start] of Object.entries(relays)) {
  report[name] = {
    roundTrip: await roundTrips(start),
    ...(await forwarding(start)),
  };
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.exit(0);
