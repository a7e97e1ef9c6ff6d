import {
  type DeviceId,
  type DialCause,
  type DialledPeer,
  type PeerList,
  peersGone,
  type Random,
  type ScheduledDevice,
} from '@bowline/contracts';
import { backoffDelayMs, TokenBucket } from '@bowline/limits';
import { type DialClass, dialQueue } from './dial-queue.ts';
import { dueHeap } from './due-heap.ts';
import type { ReconnectionSchedulerOptions } from './options.ts';

/** One dial that shall start now. */
export interface DueDial {
  readonly deviceId: DeviceId;
  readonly cause: DialCause;
  readonly failureCount: number;
}

/**
 * Decides who is dialled when: the state of every device and nothing else. It has no clock and no timer; each call says
 * what time it is (monotonic milliseconds), so that a day is simulated in seconds.
 *
 * After any call, ask {@link DialPlanner.takeDue} until it answers nothing, then sleep until {@link DialPlanner.nextAtMs}.
 */
export interface DialPlanner {
  /** Who is cared for, and who is linked. Repeating it changes nothing. */
  setPeers(list: PeerList<DialledPeer>, nowMs: number): void;
  /** @param throughRelay whether a relay may lead there, which tells when the device is back */
  failed(deviceId: DeviceId, throughRelay: boolean, nowMs: number): void;
  nudge(deviceId: DeviceId, cause: DialCause, nowMs: number): void;
  nudgeAll(cause: DialCause, nowMs: number): void;
  /** Moves on what is due; answers the devices whose dial never had an outcome. */
  wake(nowMs: number): readonly DeviceId[];
  /** The next dial to start, or `undefined`. */
  takeDue(nowMs: number): DueDial | undefined;
  /** When `wake` is wanted next; `null` while nothing waits for time. */
  nextAtMs(nowMs: number): number | null;
  status(): readonly ScheduledDevice[];
}

/** A link that lived as long may be dialled anew at once however often it breaks, milliseconds; a shorter one has cost more than it gave. */
const STABLE_LINK_MS = 10_000;

/**
 * Breaks of young links that are answered at once: each costs the part of {@link STABLE_LINK_MS} that its link did not live, and
 * the debt is waited for. So a path that dies every few seconds is dialled anew at once for ever, and a link that breaks as
 * soon as it is up every 10 s, after ten times at once.
 */
const YOUNG_BREAKS = { perSecond: 1_000 / STABLE_LINK_MS, burst: 10 };

/** Most a dial after a lost link is held back, milliseconds: both sides notice, and need not dial in the same instant. */
const LINK_LOST_JITTER_MS = 100;

/**
 * Resets of one device's backoff: sightings can be had for nothing by anyone on the network. Some at once, for one return gives
 * several signs (a network, an address in it, the device itself), and the first often comes too early to be of use.
 */
const RESETS = { perSecond: 0.1, burst: 3 };

interface Tracked {
  readonly deviceId: DeviceId;
  state: ScheduledDevice['state'];
  /** Why it is dialled next, or now. */
  cause: DialCause;
  failureCount: number;
  linkedAtMs: number;
  /** When its link was lost, without a goodbye. */
  lostAtMs: number;
  readonly youngBreaks: TokenBucket;
  readonly resets: TokenBucket;
  /** It said goodbye: dialled seldom until it gives a sign of life. */
  isAway: boolean;
  /** A sign of life that has not led to a dial yet. */
  sign: { readonly cause: DialCause; readonly dialClass: DialClass } | null;
}

export const dialPlanner = (options: ReconnectionSchedulerOptions, random: Pick<Random, 'ratio'>): DialPlanner => {
  const devices = new Map<DeviceId, Tracked>();
  const due = dueHeap<DeviceId>();
  const queue = dialQueue(options);
  const backoffMs = ({ failureCount, lostAtMs }: Tracked, throughRelay: boolean, nowMs: number): number => {
    const isAwaited = !throughRelay && nowMs - lostAtMs < options.recentForMs;
    const mostMs = isAwaited ? Math.min(options.recentCapMs, options.backoffCapMs) : options.backoffCapMs;
    const schedule = { firstMs: options.backoffInitialMs, factor: options.backoffFactor, mostMs };
    return backoffDelayMs(schedule, failureCount, random.ratio());
  };
  /** How long a device that said goodbye is left alone. Chance shortens it as it does every wait. */
  const awayMs = (): number =>
    backoffDelayMs({ firstMs: options.goodbyeDelayMs, mostMs: options.goodbyeDelayMs }, 1, random.ratio());

  const wait = (device: Tracked, cause: DialCause, untilMs: number): void => {
    device.state = 'waiting';
    device.cause = cause;
    due.set(device.deviceId, untilMs);
  };
  const enqueue = (device: Tracked, cause: DialCause, dialClass: DialClass): void => {
    device.state = 'queued';
    device.cause = cause;
    due.delete(device.deviceId);
    queue.add(device.deviceId, dialClass);
  };
  const reset = (device: Tracked): void => {
    device.failureCount = 0;
    device.isAway = false;
  };
  const mayReset = ({ resets }: Tracked, cause: DialCause, nowMs: number): boolean =>
    cause === 'user' || resets.take(1, nowMs);

  /** Lets a device that is queued or waits act on its sign of life: now, or as soon as its backoff may be reset again. */
  const answerSign = (device: Tracked, nowMs: number): void => {
    const { deviceId, sign } = device;
    if (sign === null) return;
    const isHonoured = mayReset(device, sign.cause, nowMs);
    if (isHonoured) reset(device);
    if (isHonoured || device.state === 'queued') {
      device.sign = null;
      enqueue(device, isHonoured ? sign.cause : device.cause, sign.dialClass);
    } else {
      const honouredAtMs = nowMs + device.resets.waitMs(1, nowMs);
      due.set(deviceId, Math.min(due.timeOf(deviceId) ?? honouredAtMs, honouredAtMs));
    }
  };

  const giveSign = (device: Tracked, cause: DialCause, dialClass: DialClass, nowMs: number): void => {
    if (device.state === 'linked') return;
    const isStronger = device.sign?.dialClass !== 'urgent' || dialClass === 'urgent';
    if (cause === 'user' || (isStronger && device.sign?.cause !== 'user')) device.sign = { cause, dialClass };
    if (device.state !== 'dialling') answerSign(device, nowMs);
  };

  const fail = (device: Tracked, throughRelay: boolean, nowMs: number): void => {
    queue.delete(device.deviceId);
    device.failureCount += 1;
    const delayMs = device.isAway ? awayMs() : backoffMs(device, throughRelay, nowMs);
    wait(device, 'backoff', nowMs + delayMs);
    answerSign(device, nowMs);
  };

  const lose = (device: Tracked, nowMs: number): void => {
    const missingMs = Math.max(0, STABLE_LINK_MS - (nowMs - device.linkedAtMs));
    device.lostAtMs = nowMs;
    const debtMs = device.youngBreaks.spend(missingMs / STABLE_LINK_MS, nowMs);
    wait(device, 'linkLost', nowMs + Math.max(debtMs, LINK_LOST_JITTER_MS * random.ratio()));
  };

  const add = (deviceId: DeviceId, nowMs: number): Tracked => {
    const device: Tracked = {
      deviceId,
      state: 'queued',
      cause: 'start',
      failureCount: 0,
      linkedAtMs: Number.NEGATIVE_INFINITY,
      lostAtMs: Number.NEGATIVE_INFINITY,
      youngBreaks: new TokenBucket(YOUNG_BREAKS, nowMs),
      resets: new TokenBucket(RESETS, nowMs),
      isAway: false,
      sign: null,
    };
    devices.set(deviceId, device);
    return device;
  };

  const forget = (deviceId: DeviceId): void => {
    devices.delete(deviceId);
    due.delete(deviceId);
    queue.delete(deviceId);
  };

  const noteLinked = (device: Tracked, nowMs: number): void => {
    if (device.state === 'linked') return;
    due.delete(device.deviceId);
    queue.delete(device.deviceId);
    device.state = 'linked';
    device.linkedAtMs = nowMs;
    device.sign = null;
    reset(device);
  };

  const leave = (device: Tracked, nowMs: number): void => {
    device.isAway = true;
    wait(device, 'backoff', nowMs + awayMs());
  };

  const setPeer = ({ deviceId, link, dialAfterMs = 0 }: DialledPeer, nowMs: number): void => {
    const known = devices.get(deviceId);
    const device = known ?? add(deviceId, nowMs);
    if (link === 'up') noteLinked(device, nowMs);
    else if (known === undefined && link === 'away') leave(device, nowMs);
    else if (known === undefined && dialAfterMs > 0) wait(device, 'start', nowMs + dialAfterMs);
    else if (known === undefined) enqueue(device, 'start', 'routine');
    else if (known.state === 'linked') {
      if (link === 'away') leave(device, nowMs);
      else lose(device, nowMs);
    }
  };

  return {
    setPeers: (list, nowMs) => {
      for (const deviceId of peersGone(list, devices.keys())) forget(deviceId);
      for (const peer of list.peers) setPeer(peer, nowMs);
    },
    failed: (deviceId, throughRelay, nowMs) => {
      const device = devices.get(deviceId);
      if (device?.state === 'dialling') fail(device, throughRelay, nowMs);
    },
    nudge: (deviceId, cause, nowMs) => {
      const device = devices.get(deviceId);
      if (device !== undefined) giveSign(device, cause, 'urgent', nowMs);
    },
    nudgeAll: (cause, nowMs) => {
      for (const device of devices.values()) giveSign(device, cause, 'routine', nowMs);
    },
    wake: (nowMs) => {
      const expired: DeviceId[] = [];
      for (let next = due.peek(); next !== undefined && next.atMs <= nowMs; next = due.peek()) {
        due.delete(next.key);
        const device = devices.get(next.key);
        if (device === undefined) continue;
        if (device.state === 'dialling') {
          expired.push(device.deviceId);
          fail(device, true, nowMs);
        } else if (device.state === 'waiting') {
          enqueue(device, device.cause, device.cause === 'linkLost' ? 'urgent' : 'routine');
          answerSign(device, nowMs);
        }
      }
      return expired;
    },
    takeDue: (nowMs) => {
      const deviceId = queue.take(nowMs);
      const device = deviceId === undefined ? undefined : devices.get(deviceId);
      if (device === undefined) return undefined;
      device.state = 'dialling';
      // The dial that starts is the answer to every sign given before it.
      device.sign = null;
      due.set(device.deviceId, nowMs + options.dialExpiryMs);
      return { deviceId: device.deviceId, cause: device.cause, failureCount: device.failureCount };
    },
    nextAtMs: (nowMs) => {
      const times = [due.peek()?.atMs, queue.nextAtMs(nowMs)].filter((atMs) => typeof atMs === 'number');
      return times.length === 0 ? null : Math.min(...times);
    },
    status: () =>
      Array.from(devices.values(), ({ deviceId, state, failureCount }) => ({
        deviceId,
        state,
        failureCount,
        nextDialAtMs: state === 'waiting' ? (due.timeOf(deviceId) ?? null) : null,
      })),
  };
};
