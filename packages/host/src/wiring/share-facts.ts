import type { Cancel, DeviceFacts, DeviceId } from '@bowline/contracts';
import { toldFacts, toldFactsSchema } from '@bowline/link-protocol';
import { readDeviceFacts } from '../diagnosis/device-facts.ts';
import type { System } from '../system.ts';

/** How often it is looked whether the facts have changed, while a device is linked. */
const LOOK_INTERVAL_MS = 10_000;

/**
 * Most time between two readings of the facts: each takes a question to the switchboard and one to the address observation,
 * processes that sleep otherwise. What nobody tells is noticed by then.
 */
const READ_INTERVAL_MS = 120_000;

/** Least time between two tellings of changes, as the protocol has it. */
const TELL_INTERVAL_MS = 30_000;

/** Least time between two writings of what one device tells. */
const STORE_INTERVAL_MS = 30_000;

/**
 * Delays of timers from which on another one is news. The last makes a device slow (`diagnosis`), and by all of them it is judged how much
 * of an answer that was late is of the path: what a device tells while it starts must not stand for as long as the link does.
 */
const NEWS_TIMER_DELAYS_MS: readonly number[] = [25, 50, 100, 200];

/** Longest wait until linked devices have heard what may end their links. */
const HEARD_WITHIN_MS = 2_000;

/** The facts of linked devices, both ways. */
export interface SharedFacts {
  /**
   * Tells linked devices that this one is about to use no relay, and resolves once they have heard it, or after two seconds: of
   * those that are linked through a relay it is the last word, and without it they take this device for one that is off.
   */
  readonly tellRelaysDisabled: () => Promise<void>;
  /** Writes what was told and is not in the store yet. */
  readonly save: () => Promise<void>;
  readonly cancel: Cancel;
}

/**
 * Tells linked devices what this one knows of itself: when the link comes up, and when it has changed. Keeps what they tell,
 * in the registry at once and in the store soon after, so that it is there when they are away.
 */
export const shareFacts = (system: System): SharedFacts => {
  const { parts, peers, clock, inBackground } = system;
  const { links, observation, persistence, switchboard } = parts;
  let told = '';
  let changedAtMs = Number.NEGATIVE_INFINITY;
  let toldLateness = 0;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let cancelLook: Cancel = () => undefined;
  const writings = new Map<DeviceId, Cancel>();

  const linked = (): readonly DeviceId[] =>
    [...peers.peers()].filter(({ link }) => link === 'up').map(({ device }) => device.id);

  /** What one device alone is told is not what all know: the next look tells all of them how it is then. */
  const tell = async (deviceIds: readonly DeviceId[], facts: DeviceFacts): Promise<void> => {
    if (newsOf(facts) !== told) told = '';
    await links.client.request('tellFacts', { deviceIds, facts });
  };

  const isDue = (): boolean => {
    const nowMs = clock.monotonicMs();
    if (nowMs - toldAtMs < TELL_INTERVAL_MS) return false;
    // Once more after what was told since the last reading: some of it takes its time.
    if (changedAtMs > readAtMs - LOOK_INTERVAL_MS || nowMs - readAtMs >= READ_INTERVAL_MS) return true;
    return latenessOf(system.condition.timerDelayMs) !== toldLateness;
  };

  const look = async (): Promise<void> => {
    const deviceIds = linked();
    if (deviceIds.length === 0) return;
    toldLateness = latenessOf(system.condition.timerDelayMs);
    readAtMs = clock.monotonicMs();
    const facts = await readDeviceFacts(system);
    const news = newsOf(facts);
    if (news === told) return;
    told = news;
    toldAtMs = clock.monotonicMs();
    await tell(deviceIds, facts);
  };

  const lookRegularly = (): void => {
    cancelLook = clock.setTimer(
      LOOK_INTERVAL_MS,
      () => {
        if (isDue()) inBackground('tell facts', look);
        lookRegularly();
      },
      { unref: true, isAligned: true },
    );
  };
  lookRegularly();

  const write = async (deviceId: DeviceId): Promise<void> => {
    writings.get(deviceId)?.();
    writings.delete(deviceId);
    const last = peers.get(deviceId)?.toldFacts ?? null;
    if (last === null) return;
    const facts = toldFacts(last.facts) as Readonly<Record<string, unknown>>;
    await persistence.client.request('putDeviceFacts', { deviceId, atMs: last.atMs, facts });
  };

  const store = (deviceId: DeviceId): void => inBackground('keep facts', () => write(deviceId));

  const noteChange = (): void => {
    changedAtMs = clock.monotonicMs();
  };

  const cancels = [
    system.hub.onAny(noteChange),
    switchboard.client.on('relay.stateChanged', noteChange),
    switchboard.client.on('relay.left', noteChange),
    switchboard.onReady(noteChange),
    observation.client.on('verdict.changed', noteChange),
    observation.client.on('ask.due', noteChange),
    observation.onReady(noteChange),
    links.client.on('link.up', ({ deviceId }) =>
      inBackground('tell facts', async () => {
        const facts = await readDeviceFacts(system);
        await tell([deviceId], facts);
      }),
    ),
    links.client.on('facts.received', ({ deviceId, facts }) => {
      peers.update(deviceId, { toldFacts: { facts, atMs: clock.nowMs() } });
      if (writings.has(deviceId)) return;
      writings.set(
        deviceId,
        clock.setTimer(STORE_INTERVAL_MS, () => store(deviceId), { unref: true }),
      );
    }),
    links.client.on('link.down', ({ deviceId }) => {
      if (writings.has(deviceId)) store(deviceId);
    }),
    persistence.onReady(async () => inBackground('read facts', () => readStored(system))),
  ];
  return {
    tellRelaysDisabled: async () => {
      const deviceIds = linked();
      if (deviceIds.length === 0) return;
      const facts = await readDeviceFacts(system);
      await tell(deviceIds, { ...facts, relayChoice: 'disabled' });
      // Answered after what was told before it, on the same stream.
      const answers = deviceIds.map((deviceId) =>
        links.client.request('ping', { deviceId }, { deadlineMs: HEARD_WITHIN_MS }),
      );
      await Promise.allSettled(answers);
    },
    save: async () => {
      await Promise.all([...writings.keys()].map(write));
    },
    cancel: () => {
      cancelLook();
      for (const cancel of [...cancels, ...writings.values()]) cancel();
    },
  };
};

/** What was kept of devices that have told nothing since this start. What cannot be read is told anew. */
const readStored = async ({ parts, peers }: System): Promise<void> => {
  const { facts: kept } = await parts.persistence.client.request('listDeviceFacts', {});
  for (const { deviceId, atMs, facts } of kept) {
    const parsed = toldFactsSchema.safeParse(facts);
    if (parsed.success && peers.get(deviceId)?.toldFacts === null) {
      peers.update(deviceId, { toldFacts: { facts: parsed.data, atMs } });
    }
  }
};

/** The facts without what changes all the time. */
const newsOf = ({ atMs: _now, relays, timerDelayMs, ...facts }: DeviceFacts): string =>
  JSON.stringify({
    ...facts,
    relays: relays.filter(({ role }) => role !== 'peer').map(({ rttMs: _rtt, ...relay }) => relay),
    lateness: latenessOf(timerDelayMs),
  });

/** How many of the delays that are news a delay reaches. */
const latenessOf = (timerDelayMs: number | null): number =>
  NEWS_TIMER_DELAYS_MS.filter((each) => (timerDelayMs ?? 0) >= each).length;
