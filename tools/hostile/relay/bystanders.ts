/**
 * Honest users of a relay under attack, in a process of their own: two clients that exchange a datagram every 20 ms, and
 * newcomers that log in four times a second. Tells the process that forked it when they have begun and, when asked, how
 * they fared since it last asked.
 */
import { TestClient } from '../../../packages/relay-server/test/test-client.ts';
import { rawClient } from '../../bench/relay-load/raw-client.ts';

/** How honest users fared. */
export interface Fortune {
  readonly answered: number;
  /** Round trips that took longer than two seconds. */
  readonly late: number;
  readonly medianMs: number;
  readonly worstMs: number;
  readonly newcomers: number;
  /** Newcomers that were not served within five seconds. */
  readonly keptOut: number;
  /** Whether the two clients still have the login they began with. */
  readonly isServed: boolean;
}

const ECHO_INTERVAL_MS = 20;
const NEWCOMER_INTERVAL_MS = 250;
const LATE_MS = 2_000;
const PATIENCE_MS = 5_000;

/** Nobody attacks from these. */
const NEWCOMERS_ADDRESS = '127.0.0.2';

const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

const [, , url = '', port = ''] = process.argv;
let roundTrips: number[] = [];
let newcomers = 0;
let keptOut = 0;
let isServed = true;

const echo = async (): Promise<void> => {
  const a = await TestClient.login(url, { seed: 0xa_0001 });
  const b = await TestClient.login(url, { seed: 0xa_0002 });
  for (const { closed } of [a, b]) {
    void closed.then(() => {
      isServed = false;
    });
  }
  for (let count = 0; isServed; count += 1) {
    const startedAtMs = performance.now();
    a.sendTo(b, `there ${count}`);
    const there = await b.text();
    b.sendTo(a, `back ${count}`);
    const back = await a.text();
    if (there !== `there ${count}` || back !== `back ${count}`) throw new Error('a datagram came twice or changed');
    roundTrips.push(performance.now() - startedAtMs);
    if (count === 0) process.send?.('ready');
    await pause(ECHO_INTERVAL_MS);
  }
};

const come = async (seed: number): Promise<void> => {
  newcomers += 1;
  const late = pause(PATIENCE_MS).then(() => null);
  const client = await Promise.race([rawClient(Number(port), seed, { from: NEWCOMERS_ADDRESS }), late]).catch(
    () => null,
  );
  if (client === null) keptOut += 1;
  client?.socket.on('error', () => undefined).destroy();
};

const report = (): Fortune => {
  const sorted = roundTrips.toSorted((x, y) => x - y);
  const fortune: Fortune = {
    answered: sorted.length,
    late: sorted.filter((each) => each > LATE_MS).length,
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY,
    worstMs: sorted.at(-1) ?? Number.POSITIVE_INFINITY,
    newcomers,
    keptOut,
    isServed,
  };
  roundTrips = [];
  newcomers = 0;
  keptOut = 0;
  return fortune;
};

process.on('message', () => process.send?.(report()));
process.on('disconnect', () => process.exit(0));
echo().catch((error: unknown) => {
  process.stderr.write(`bystanders: ${String(error)}\n`);
  isServed = false;
});
for (let seed = 0xb_0000; ; seed += 1) {
  void come(seed);
  await pause(NEWCOMER_INTERVAL_MS);
}
