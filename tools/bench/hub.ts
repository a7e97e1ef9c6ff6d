/**
 * How soon a hub has all its devices again: `npm run bench hub -- [--devices 100] [--rounds 5] [--processes 4]`.
 *
 * So many real devices on 127.0.0.1, each a whole host in its process's own thread, are paired with one hub, a host in processes
 * as it is by default. The hub is stopped and started again. Prints one JSON object of medians, milliseconds from the call that
 * starts it: until its first device is connected, half of them, and all of them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createHost } from '@bowline/host';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
    processes: { type: 'string', default: '4' },
  },
});
const [devices, rounds, processes] = [values.devices, values.rounds, values.processes].map(Number) as [
  number,
  number,
  number,
];

/** The hub is away for so long: everybody has noticed, and nobody has given up. */
const AWAY_MS = 20_000;

/** All are calm before the next round. */
const CALM_MS = 5_000;

const PROGRAM = fileURLToPath(new URL('hub/spokes.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bowline-bench-'));
const children = Array.from({ length: processes }, (_, index) => fork(PROGRAM, [join(folder, `spokes-${index}`)]));

const ask = async (child: (typeof children)[number], task: object): Promise<void> => {
  child.send(task);
  const [answer] = (await once(child, 'message')) as [{ readonly error?: string }];
  if (answer.error !== undefined) throw new Error(answer.error);
};

const hub = createHost({
  dataDir: join(folder, 'hub'),
  name: 'hub',
  relay: 'disabled',
  mdns: false,
  bind: ['127.0.0.1'],
  // The same at every start, so that devices find it where it was.
  port: 47_111,
  key: 'file',
});

/** Milliseconds until the n-th device is connected, for each of these numbers. */
const connectedAfter = async (startedAtMs: number, counts: readonly number[]): Promise<readonly number[]> => {
  const times: number[] = [];
  for (const count of counts) {
    for (;;) {
      const { peers } = await hub.status();
      if (peers.filter(({ state }) => state === 'connected').length >= count) break;
      await pause(20);
    }
    times.push(performance.now() - startedAtMs);
  }
  return times;
};

const median = (numbers: readonly number[]): number =>
  Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN);

try {
  await hub.start();
  for (let made = 0; made < devices; made += 1) {
    const offer = await hub.pair({ policy: 'accept' });
    await ask(children[made % processes] as (typeof children)[number], { name: `spoke-${made}`, ticket: offer.ticket });
    await offer.paired;
    if ((made + 1) % 20 === 0) process.stderr.write(`${made + 1} paired\n`);
  }
  const results: (readonly number[])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await connectedAfter(performance.now(), [devices]);
    await pause(CALM_MS);
    await hub.stop();
    await pause(AWAY_MS);
    const startedAtMs = performance.now();
    await hub.start();
    results.push(await connectedAfter(startedAtMs, [1, Math.ceil(devices / 2), devices]));
    process.stderr.write(`${JSON.stringify(results.at(-1)?.map(Math.round))}\n`);
  }
  const [first, half, all] = [0, 1, 2].map((index) => median(results.map((times) => times[index] ?? Number.NaN)));
  process.stdout.write(`${JSON.stringify({ devices, rounds, firstMs: first, halfMs: half, allMs: all })}\n`);
} finally {
  await hub.stop();
  const gone = children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit'));
  for (const child of children) if (child.connected) child.disconnect();
  await Promise.all(gone);
  rmSync(folder, { recursive: true, force: true });
}
