/**
 * What a device costs that does nothing but stay linked: `npm run bench idle -- [--rounds 1] [--seconds 60] [--echo-ms 1250]
 * [--relay]` (Linux, root, `iproute2` and `nftables`).
 *
 * Two hosts on a switch and a relay on a third, all with networks of their own. In turns in one run: two bare iroh endpoints with one
 * connection, silent and with an echo as often as links of ours ask whether the other side is there; and two daemons that are paired. With
 * `--relay` no UDP passes, and everything goes through the relay. Prints one JSON object, for one device and a minute: how often any of its threads was woken,
 * CPU milliseconds, bytes on its cable both ways; what that is divided by the bare endpoint with an echo, of the same round; and whose
 * threads of ours were woken. A daemon is started as the service and `up --detach` start it, on the sources.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LINKS_DEFAULTS } from '@bowline/links';
import { type LabHost, oneLan, type Room } from '@bowline/testing/network-lab';
import { labChild } from './failover/lab-child.ts';
import { labRelay } from './failover/lab-relay.ts';
import { activityOf, wakeUpsBetween } from './idle/wake-ups.ts';

/** What follows a start has to be over: the first backup of the store, links that were just used, iroh looking for better paths. */
const SETTLE_MS = 75_000;

const MINUTE_MS = 60_000;

type Hosts = 'laptop' | 'phone' | 'relay';

/** What is compared: how often its threads were woken, CPU and bytes, each of one device in a minute. */
interface Cost {
  readonly wakeUps: number;
  readonly cpuMs: number;
  readonly bytes: number;
}

interface Measured extends Cost {
  readonly threads: ReadonlyMap<string, number>;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    'echo-ms': { type: 'string', default: String(LINKS_DEFAULTS.idleIntervalMs) },
    relay: { type: 'boolean', default: false },
  },
});
const forMs = Number(values.seconds) * 1_000;

const locate = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BARE = locate('idle/bare-endpoint.ts');
const MAIN = locate('../../apps/bowline/src/main.ts');
/** What a daemon that is to stay is started with, beside the conditions that find the sources. */
const DAEMON = [...process.execArgv, '--v8-pool-size=1'];

const bytesOf = async (host: LabHost): Promise<number> => {
  const statistics = '/sys/class/net/eth0/statistics';
  const told = await host.run('cat', `${statistics}/rx_bytes`, `${statistics}/tx_bytes`);
  return told
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line), 0);
};

/** What the laptop does from now on, counted up to a minute. */
const measure = async (host: LabHost, pid: number): Promise<Measured> => {
  await pause(SETTLE_MS);
  const before = { activity: activityOf(pid), bytes: await bytesOf(host) };
  await pause(forMs);
  const after = { activity: activityOf(pid), bytes: await bytesOf(host) };
  const inMinute = (count: number): number => Math.round((count * MINUTE_MS) / forMs);
  const threads = wakeUpsBetween(before.activity, after.activity);
  return {
    wakeUps: inMinute([...threads.values()].reduce((sum, count) => sum + count, 0)),
    cpuMs: inMinute(after.activity.cpuMs - before.activity.cpuMs),
    bytes: inMinute(after.bytes - before.bytes),
    threads: new Map([...threads].map(([name, count]) => [name, inMinute(count)])),
  };
};

const bare = async ({ laptop, phone }: Room<Hosts>['hosts'], relayUrl: string, echoMs: number): Promise<Measured> => {
  await using answering = labChild(phone, [BARE, relayUrl, String(echoMs)]);
  const { id, addresses } = await answering.next('online');
  const address = (addresses as readonly string[]).find((each) => each.startsWith(`${phone.address}:`)) ?? '';
  await using asking = labChild(laptop, [BARE, relayUrl, String(echoMs), String(id), address]);
  await asking.next('connected');
  return await measure(laptop, asking.process.pid ?? 0);
};

const daemons = async ({ laptop, phone }: Room<Hosts>['hosts'], relayUrl: string): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-bench-'));
  const run = (host: LabHost, command: string, ...args: readonly string[]) =>
    labChild(host, [...DAEMON, MAIN, command, ...args, '--data-dir', join(folder, host.name), '--json']);
  const up = (host: LabHost) => run(host, 'up', '--name', host.name, '--relay', relayUrl, '--key', 'file');
  try {
    await using near = up(laptop);
    await using far = up(phone);
    await Promise.all([near.next('ready'), far.next('ready')]);
    await using pairing = run(laptop, 'pair');
    const { words } = await pairing.next('code');
    await using joining = run(phone, 'join', String(words));
    await Promise.all([pairing.next('paired'), joining.next('paired')]);
    return await measure(laptop, near.process.pid ?? 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const costOf = ({ wakeUps, cpuMs, bytes }: Cost): Cost => ({ wakeUps, cpuMs, bytes });
const hundredths = (value: number): number => Math.round(value * 100) / 100;

await using room = await oneLan(['laptop', 'phone', 'relay']);
const { url } = await labRelay(room.hosts.relay);
if (values.relay) await room.blockUdp();
const rounds: object[] = [];
for (let round = 0; round < Number(values.rounds); round += 1) {
  const silent = await bare(room.hosts, url, 0);
  const echoing = await bare(room.hosts, url, Number(values['echo-ms']));
  const ours = await daemons(room.hosts, url);
  rounds.push({
    bareSilent: costOf(silent),
    bareWithEcho: costOf(echoing),
    ours: costOf(ours),
    oursByBareWithEcho: {
      wakeUps: hundredths(ours.wakeUps / echoing.wakeUps),
      cpuMs: hundredths(ours.cpuMs / echoing.cpuMs),
      bytes: hundredths(ours.bytes / echoing.bytes),
    },
    threads: Object.fromEntries(ours.threads),
  });
}
const report = { echoMs: Number(values['echo-ms']), rounds };
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
