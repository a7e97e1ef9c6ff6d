import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LabHost, oneLan } from '@bowline/testing/network-lab';
import type { Scale } from '../attack.ts';
import { inTime, pause } from '../attacks/assault.ts';
import { type HonestDevice, honestDevice } from '../honest/honest-device.ts';

/** A flood may cost seconds, and not the result. */
const PAIR_MS = 20_000;
const MEET_MS = 30_000;
const LOOK_MS = 100;

/** How often both devices are started anew. */
const RESTARTS: Readonly<Record<Scale, number>> = { short: 1, full: 5 };

/** Addresses the neighbour sends from, beside its own. */
const FURTHER_ADDRESSES = 7;

const CODE_TTL_MS = 600_000;

/** What came of it. */
export interface FloodOutcome {
  readonly breaches: readonly string[];
  readonly facts: readonly string[];
}

const startFlood = async (neighbour: LabHost): Promise<void> => {
  const further = Array.from({ length: FURTHER_ADDRESSES }, (_, index) => `10.77.0.${200 + index}`);
  const [, device = ''] =
    /\d+: (\w+)(?:@\S+)?\s+inet 10\.77\./.exec(await neighbour.run('ip', '-o', '-4', 'addr')) ?? [];
  for (const address of further) await neighbour.run('ip', 'addr', 'add', `${address}/24`, 'dev', device);
  const program = fileURLToPath(new URL('./neighbour.ts', import.meta.url));
  const args = [...process.execArgv, program, neighbour.address, ...further];
  const flood = neighbour.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (flood.stdout === null) throw new Error('the neighbour has no output');
  await once(flood.stdout, 'data');
};

/** How long until one reaches the other, milliseconds; `null`: not in time. */
const untilTheyMeet = async (device: HonestDevice): Promise<number | null> => {
  const startedAtMs = performance.now();
  const [peer] = await device.call('devices');
  while (performance.now() - startedAtMs < MEET_MS) {
    const answer = await inTime(
      device.call('ping', peer?.id ?? '').catch(() => null),
      MEET_MS,
    );
    if (answer !== null) return Math.round(performance.now() - startedAtMs);
    await pause(LOOK_MS);
  }
  return null;
};

/**
 * Two devices on one network, without a relay, and a neighbour that floods it, repeats their tags, and answers in their names. They
 * pair by words, and find each other again after both have started anew, at other ports. It takes root.
 */
export const lanFlooder = async (scale: Scale): Promise<FloodOutcome> => {
  const [breaches, facts]: [string[], string[]] = [[], []];
  const folder = mkdtempSync(join(tmpdir(), 'bowline-flood-'));
  const room = await oneLan(['laptop', 'phone', 'neighbour']);
  const { laptop, phone, neighbour } = room.hosts;
  const start = (host: LabHost): Promise<HonestDevice> =>
    honestDevice({ name: host.name, dataDir: join(folder, host.name), relay: 'disabled', within: host.within });
  let devices: readonly HonestDevice[] = [];
  try {
    await startFlood(neighbour);
    const [initiator, joiner] = await Promise.all([start(laptop), start(phone)]);
    devices = [initiator, joiner];
    const { words } = await initiator.call('offer', 'accept', CODE_TTL_MS);
    const joined = await inTime(joiner.call('timedJoin', words), PAIR_MS);
    facts.push(`paired in ${joined === null ? '–' : Math.round(joined.elapsedMs)} ms`);
    if (joined?.end.kind !== 'paired' || joined.end.deviceName !== laptop.name) {
      breaches.push('two devices did not pair by words in a flood');
      return { breaches, facts };
    }
    for (let round = 0; round < RESTARTS[scale]; round += 1) {
      await Promise.all(devices.map((device) => device.stop()));
      devices = await Promise.all([start(laptop), start(phone)]);
      const metMs = devices[0] === undefined ? null : await untilTheyMeet(devices[0]);
      facts.push(`met again in ${metMs ?? '–'} ms`);
      if (metMs === null) breaches.push('two devices that started anew did not find each other in a flood');
    }
    for (const device of devices) {
      if ((await device.restarts()) > 0) breaches.push(`${device.name} had workers restarted`);
    }
    return { breaches, facts };
  } finally {
    await Promise.all(
      devices.map((device) =>
        inTime(
          device.stop().catch(() => undefined),
          LOOK_MS * 50,
        ),
      ),
    );
    await room.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
};
