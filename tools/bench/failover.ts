/**
 * What the loss of a relay costs a live connection: `node tools/bench/failover.ts [--rounds N] [--no-native]`.
 *
 * Two iroh endpoints that cannot reach each other directly send a numbered echo every 20 ms over one connection. The
 * relay in use is killed, or frozen for eight seconds, or both relays are restarted one after the other. The same is
 * done to endpoints behind our switchboard and to endpoints that know both relays themselves ("native"), in one run.
 * Prints one JSON object: for each contender and fault the longest gap in milliseconds, and whether the connection lived.
 */
import { EchoStream } from '../../packages/relay-switchboard/test/support/echo-stream.ts';
import { RelayProcess } from '../../packages/relay-switchboard/test/support/relay-process.ts';
import { type Contender, type EchoPair, nativePair, switchboardPair } from './failover/contenders.ts';

const FAULTS = ['killed', 'frozen', 'bothRestarted'] as const;
type Fault = (typeof FAULTS)[number];

interface Outcome {
  readonly longestGapMs: number;
  readonly connectionLived: boolean;
  readonly closeReason: string | null;
}

/** A connection that is silent for this long counts as lost; iroh itself gives up after 30 s. */
const LOST_AFTER_MS = 40_000;

/** Time a frozen relay stays frozen, milliseconds. */
const FROZEN_MS = 8_000;

/** Calm before and after a fault, in echoes. */
const CALM_ECHOES = 50;

const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

/** Waits for echoes, or for the end of the connection. */
const liveOn = async (echo: EchoStream, pair: EchoPair, echoes: number): Promise<boolean> => {
  const deadlineMs = performance.now() + LOST_AFTER_MS;
  let isDone = false;
  const done = echo.more(echoes).then(() => {
    isDone = true;
  });
  while (!isDone && performance.now() < deadlineMs && pair.connection.closeReason() === null) {
    await Promise.race([done, pause(100)]);
  }
  return isDone;
};

const inflict: Readonly<Record<Fault, (echo: EchoStream, pair: EchoPair) => Promise<boolean>>> = {
  killed: async (echo, pair) => {
    await pair.relayInUse().kill();
    return liveOn(echo, pair, CALM_ECHOES);
  },
  frozen: async (echo, pair) => {
    const relay = pair.relayInUse();
    relay.freeze();
    const thawed = pause(FROZEN_MS).then(() => relay.thaw());
    const hasLived = await liveOn(echo, pair, FROZEN_MS / 20);
    await thawed;
    return hasLived && (await liveOn(echo, pair, CALM_ECHOES));
  },
  bothRestarted: async (echo, pair) => {
    for (const relay of pair.relays) {
      await relay.kill();
      await relay.start();
      await pair.backAt(relay);
      if (!(await liveOn(echo, pair, CALM_ECHOES))) return false;
    }
    return true;
  },
};

const measure = async (contender: Contender, fault: Fault): Promise<Outcome> => {
  await using first = await RelayProcess.start();
  await using second = await RelayProcess.start();
  await using pair = await contender([first, second]);
  const echo = await EchoStream.open(pair.connection);
  await echo.more(CALM_ECHOES);
  echo.resetGap();
  const connectionLived = await inflict[fault](echo, pair);
  const { longestGapMs } = echo.report;
  return {
    longestGapMs: connectionLived ? Math.round(longestGapMs) : Number.POSITIVE_INFINITY,
    connectionLived,
    closeReason: pair.connection.closeReason(),
  };
};

const argument = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};

const summaryOf = (outcomes: readonly Outcome[]): Readonly<Record<string, unknown>> => ({
  connectionsLived: `${outcomes.filter(({ connectionLived }) => connectionLived).length} of ${outcomes.length}`,
  longestGapsMs: outcomes.map(({ connectionLived, longestGapMs }) => (connectionLived ? longestGapMs : null)),
  closeReasons: [...new Set(outcomes.map(({ closeReason }) => closeReason))].filter((reason) => reason !== null),
});

const rounds = argument('--rounds', 3);
const contenders: Readonly<Record<string, readonly [Contender, number]>> = {
  switchboard: [switchboardPair, rounds],
  // Each loss takes iroh thirty seconds to notice: once is enough to compare with.
  ...(process.argv.includes('--no-native') ? {} : { native: [nativePair, 1] as const }),
};

const report: Record<string, Record<string, unknown>> = {};
for (const [name, [contender, times]] of Object.entries(contenders)) {
  const faults: Record<string, unknown> = {};
  report[name] = faults;
  for (const fault of FAULTS) {
    const outcomes: Outcome[] = [];
    for (let round = 0; round < times; round += 1) outcomes.push(await measure(contender, fault));
    faults[fault] = summaryOf(outcomes);
  }
}
process.stdout.write(`${JSON.stringify({ echoEveryMs: 20, frozenMs: FROZEN_MS, ...report }, null, 2)}\n`);
process.exit(0);
