/**
 * The return of everybody to a relay that was restarted: `npm run bench relay-return -- [--clients 10000] [--rounds 1] [--tls]
 * [--reference PATH_OF_IROH_RELAY]` (Linux; two open files for each client, `ulimit -n` permitting).
 *
 * All clients connect and log in at the same moment, to a relay that has just started and already forwards for a pair. Prints one JSON object: how
 * many were served and after how long the last one was, milliseconds of a login from its first packet to the relay's yes, and of a datagram
 * every 10 ms between the two of the pair, before the crowd comes and while it does. One process plays the crowd: its own work, a signature
 * for each login above all, is part of all times. With a reference, the two take turns.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { selfSigned } from '../../packages/relay-server/test/self-signed.ts';
import { demandOpenFiles } from './relay-load/open-files.ts';
import { answerPings, keysOfSeed, rawClient } from './relay-load/raw-client.ts';
import { ourRelay, type RelayProcess, referenceRelay } from './relay-load/relay-process.ts';

/** How long the pair is listened to before the crowd comes, milliseconds. */
const CALM_MS = 2_000;

/** How long the bench waits, milliseconds; who is not served by then is not counted. */
const PATIENCE_MS = 60_000;

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '1' },
    tls: { type: 'boolean', default: false },
    reference: { type: 'string', default: process.env.IROH_RELAY ?? '' },
  },
});
const count = Number(values.clients);
demandOpenFiles(count);

const tls = values.tls ? selfSigned() : null;
const ca = tls?.certificatePem ?? null;
const crowd = Array.from({ length: count }, (_, index) => keysOfSeed(index + 1));
const folder = mkdtempSync(join(tmpdir(), 'bowline-bench-'));
const caFile = join(folder, 'ca.pem');
if (ca !== null) writeFileSync(caFile, ca);
const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

const summaryOf = (times: readonly number[]): Readonly<Record<string, number>> => {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (ratio: number): number =>
    Math.round((sorted[Math.floor((sorted.length - 1) * ratio)] ?? Number.NaN) * 100) / 100;
  return { p50: at(0.5), p99: at(0.99), worst: at(1), count: sorted.length };
};

const forwardingProbe = async (port: number) => {
  const program = fileURLToPath(new URL('./relay-load/forwarding-probe.ts', import.meta.url));
  const child = fork(program, [String(port), ...(ca === null ? [] : [caFile])]);
  await once(child, 'message');
  return {
    times: async (): Promise<readonly number[]> => {
      child.send('times');
      const [times] = (await once(child, 'message')) as [readonly number[]];
      return times;
    },
    end: async (): Promise<void> => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
};

const measure = async (relay: RelayProcess): Promise<object> => {
  const probe = await forwardingProbe(relay.port);
  await probe.times();
  await pause(CALM_MS);
  const calm = await probe.times();
  const cpuBefore = relay.cpuMicros();
  const startedAtMs = performance.now();
  const sockets: { destroy(): unknown }[] = [];
  const logins: number[] = [];
  const arrivals = crowd.map(async (keys, index) => {
    const client = await rawClient(relay.port, index + 1, { ca, keys });
    logins.push(performance.now() - startedAtMs);
    answerPings(client);
    sockets.push(client.socket);
  });
  await Promise.race([Promise.allSettled(arrivals), pause(PATIENCE_MS)]);
  const allServedMs = Math.round(performance.now() - startedAtMs);
  const crowded = await probe.times();
  const cpuMicrosPerLogin = Math.round((relay.cpuMicros() - cpuBefore) / count);
  for (const socket of sockets) socket.destroy();
  await probe.end();
  return {
    served: logins.length,
    allServedMs,
    cpuMicrosPerLogin,
    loginMs: summaryOf(logins),
    forwardingMs: { calm: summaryOf(calm), crowded: summaryOf(crowded) },
  };
};

const relays: Record<string, () => Promise<RelayProcess>> = { ours: () => ourRelay(tls) };
if (values.reference !== '') relays.reference = () => referenceRelay(values.reference, tls);
const rounds: Record<string, object>[] = [];
try {
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const results: Record<string, object> = {};
    for (const [name, start] of Object.entries(relays)) {
      const relay = await start();
      try {
        results[name] = await measure(relay);
      } finally {
        await relay.end();
      }
    }
    rounds.push(results);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify({ clients: count, tls: values.tls, rounds }, null, 2)}\n`);
process.exit(0);
