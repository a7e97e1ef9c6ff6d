/**
 * What the loss of a relay costs a live connection: `npm run bench failover -- [--rounds 3] [--native-rounds 1]
 * [--faults killed,frozen,bothRestarted]` (Linux, root, `iproute2` and `nftables`).
 *
 * Two iroh endpoints in two homes, in network namespaces without a way for UDP between them, send a numbered echo every
 * 20 ms over one connection through one of two relays on hosts of their own. The relay in use is killed, or frozen for
 * eight seconds, or both relays are restarted one after the other. The same is done to endpoints behind our switchboard
 * and to endpoints that know both relays themselves ("native"), in one run. Prints one JSON object: for each contender and
 * fault the longest gap in milliseconds, and whether the connection lived. Goals behind the switchboard: 100 ms when
 * killed, 1,500 ms when frozen, and the same connection after both restarts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { noDirectPath } from '@bowline/testing/network-lab';
import { type LabChild, labChild } from './failover/lab-child.ts';
import { type LabRelay, labRelay } from './failover/lab-relay.ts';

const CONTENDERS = ['switchboard', 'native'] as const;
const FAULTS = ['killed', 'frozen', 'bothRestarted'] as const;
type Contender = (typeof CONTENDERS)[number];
type Fault = (typeof FAULTS)[number];

interface Outcome {
  readonly longestGapMs: number | null;
  readonly connectionLived: boolean;
  readonly closeReason: string | null;
}

/** A connection that is silent for this long counts as lost; iroh itself gives up after 30 s. */
const LOST_AFTER_MS = 40_000;

/** Time a frozen relay stays frozen, milliseconds. */
const FROZEN_MS = 8_000;

/** Calm before and after a fault, in echoes. */
const CALM_ECHOES = 50;

const LOOK_EVERY_MS = 100;

/** Time given to iroh to log in again after a relay restart, milliseconds: its own back-off reaches 16 s, its report 26 s. */
const NATIVE_BACK_MS = 30_000;

const PROGRAM = fileURLToPath(new URL('./failover/echo-device.ts', import.meta.url));

/** Two devices with one connection between them, and nothing but two relays to carry it. */
interface Stage {
  readonly contender: Contender;
  readonly asking: LabChild;
  readonly answering: LabChild;
  readonly relays: readonly LabRelay[];
  readonly relayInUse: LabRelay;
}

const echoesOf = async ({ asking }: Stage): Promise<number> => Number((await asking.ask('')).echoes);

/** Waits for echoes, or for the end of the connection. */
const livesOn = async (stage: Stage, echoes: number): Promise<boolean> => {
  const enough = (await echoesOf(stage)) + echoes;
  const deadlineMs = performance.now() + LOST_AFTER_MS;
  while (performance.now() < deadlineMs) {
    const report = await stage.asking.ask('');
    if (Number(report.echoes) >= enough) return true;
    if (report.closeReason !== null) return false;
    await pause(LOOK_EVERY_MS);
  }
  return false;
};

/** Waits until both devices are logged in at a relay again, where that can be seen. */
const isBackAt = async ({ answering, asking, contender }: Stage, relay: LabRelay): Promise<void> => {
  if (contender === 'native') {
    await pause(NATIVE_BACK_MS);
    return;
  }
  for (const device of [asking, answering]) {
    while (!((await device.ask('')).connected as readonly string[]).includes(relay.url)) await pause(LOOK_EVERY_MS);
  }
};

const inflict: Readonly<Record<Fault, (stage: Stage) => Promise<boolean>>> = {
  killed: async (stage) => {
    await stage.relayInUse.kill();
    return livesOn(stage, CALM_ECHOES);
  },
  frozen: async (stage) => {
    stage.relayInUse.freeze();
    const thawed = pause(FROZEN_MS).then(() => stage.relayInUse.thaw());
    const hasLived = await livesOn(stage, FROZEN_MS / 20);
    await thawed;
    return hasLived && (await livesOn(stage, CALM_ECHOES));
  },
  bothRestarted: async (stage) => {
    for (const relay of stage.relays) {
      await relay.kill();
      await relay.start();
      await isBackAt(stage, relay);
      if (!(await livesOn(stage, CALM_ECHOES))) return false;
    }
    return true;
  },
};

const measure = async (contender: Contender, fault: Fault): Promise<Outcome> => {
  const who = { homes: [['laptop'], ['phone']], internet: ['relay1', 'relay2'] } as const;
  await using room = await noDirectPath(who);
  const { laptop, phone, relay1, relay2 } = room.hosts;
  const relays = [await labRelay(relay1), await labRelay(relay2)];
  const known = relays.map(({ url }) => url).join(',');
  await using answering = labChild(phone, [PROGRAM, contender, known]);
  const { home, id } = await answering.next('online');
  await using asking = labChild(laptop, [PROGRAM, contender, known, String(id), String(home)]);
  await asking.next('echoing');
  const inUse = async (): Promise<unknown> => (await asking.ask('')).inUse ?? home;
  const pick = async (): Promise<LabRelay> => {
    const url = await inUse();
    const relay = relays.find((each) => each.url === url);
    if (relay === undefined) throw new Error(`the connection uses ${String(url)}, which was not started`);
    return relay;
  };
  const calm: Stage = { contender, asking, answering, relays, relayInUse: await pick() };
  if (!(await livesOn(calm, CALM_ECHOES))) throw new Error('there is no echo to begin with');
  const stage: Stage = { ...calm, relayInUse: await pick() };
  await asking.ask('reset');
  const connectionLived = await inflict[fault](stage);
  const report = await asking.ask('');
  if (report.isRelayed === false) throw new Error('the devices found a direct path');
  return {
    longestGapMs: connectionLived ? Math.round(Number(report.longestGapMs)) : null,
    connectionLived,
    closeReason: report.closeReason as string | null,
  };
};

const summaryOf = (outcomes: readonly Outcome[]): Readonly<Record<string, unknown>> => ({
  connectionsLived: `${outcomes.filter(({ connectionLived }) => connectionLived).length} of ${outcomes.length}`,
  longestGapsMs: outcomes.map(({ longestGapMs }) => longestGapMs),
  closeReasons: [...new Set(outcomes.map(({ closeReason }) => closeReason))].filter((reason) => reason !== null),
});

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    // Each loss takes iroh thirty seconds to notice: once is enough to compare with.
    'native-rounds': { type: 'string', default: '1' },
    faults: { type: 'string', default: FAULTS.join(',') },
  },
});
const rounds: Readonly<Record<Contender, number>> = {
  switchboard: Number(values.rounds),
  native: Number(values['native-rounds']),
};

const report: Record<string, Record<string, unknown>> = {};
for (const contender of CONTENDERS) {
  const faults: Record<string, unknown> = {};
  report[contender] = faults;
  for (const fault of FAULTS.filter((each) => values.faults.split(',').includes(each))) {
    const outcomes: Outcome[] = [];
    for (let round = 0; round < rounds[contender]; round += 1) outcomes.push(await measure(contender, fault));
    faults[fault] = summaryOf(outcomes);
  }
}
process.stdout.write(`${JSON.stringify({ echoEveryMs: 20, frozenMs: FROZEN_MS, ...report }, null, 2)}\n`);
process.exit(0);
