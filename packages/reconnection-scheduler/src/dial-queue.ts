import type { DeviceId } from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';
import { dueHeap } from './due-heap.ts';
import type { ReconnectionSchedulerOptions } from './options.ts';

/**
 * `urgent`: this very device gave a sign of life, or a person asked for it.
 * `routine`: its time has come, or something happened that concerns every device.
 */
export type DialClass = 'urgent' | 'routine';

/** Devices that are due, and the slots they are dialled in: first come, first served within each class. */
export interface DialQueue {
  /** Adds a device, or moves a routine one up; an urgent one keeps its place. */
  add(deviceId: DeviceId, dialClass: DialClass): void;
  /** Forgets a device, queued or in flight. */
  delete(deviceId: DeviceId): void;
  /** The next device to dial, now in flight, or `undefined` when none may start now. */
  take(nowMs: number): DeviceId | undefined;
  /** When `take` could answer without any device changing: `null` when it depends on a slot, or nothing is queued. */
  nextAtMs(nowMs: number): number | null;
}

/**
 * Dials that may start without a pause after a quiet time, as slots become free: all devices of one that restarts, up to a
 * hundred and some. Where nobody answers, the slots hold them back.
 */
export const BURST = 128;

/** Of the slots, the part routine dials leave free, so that a sign of life never waits for dials that lead nowhere. */
const RESERVED_RATIO = 0.25;

/** After so many urgent dials in a row a routine one goes first: urgency may not starve it. */
const URGENT_RUN = 3;

export const dialQueue = ({
  maxConcurrentDials,
  maxDialsPerMinute,
}: Pick<ReconnectionSchedulerOptions, 'maxConcurrentDials' | 'maxDialsPerMinute'>): DialQueue => {
  // Ordered by turn instead of time: unlike a set, a heap forgets its first entries at once.
  const queued = { urgent: dueHeap<DeviceId>(), routine: dueHeap<DeviceId>() };
  const rate = { perSecond: maxDialsPerMinute / 60, burst: BURST };
  const rates = { urgent: new TokenBucket(rate, 0), routine: new TokenBucket(rate, 0) };
  const inFlight = new Map<DeviceId, DialClass>();
  const maxRoutine = maxConcurrentDials - Math.floor(maxConcurrentDials * RESERVED_RATIO);
  let lastTurn = 0;
  let routineInFlight = 0;
  let urgentRun = 0;

  const hasSlot = (dialClass: DialClass): boolean =>
    inFlight.size < maxConcurrentDials && (dialClass === 'urgent' || routineInFlight < maxRoutine);
  const isWaiting = (dialClass: DialClass): boolean => queued[dialClass].size > 0 && hasSlot(dialClass);
  const order = (): readonly DialClass[] => (urgentRun < URGENT_RUN ? ['urgent', 'routine'] : ['routine', 'urgent']);

  const start = (dialClass: DialClass): DeviceId | undefined => {
    const deviceId = queued[dialClass].peek()?.key;
    if (deviceId === undefined) return undefined;
    queued[dialClass].delete(deviceId);
    inFlight.set(deviceId, dialClass);
    if (dialClass === 'routine') routineInFlight += 1;
    urgentRun = dialClass === 'urgent' ? urgentRun + 1 : 0;
    return deviceId;
  };

  return {
    add: (deviceId, dialClass) => {
      const isQueued = (at: DialClass): boolean => queued[at].timeOf(deviceId) !== undefined;
      if (isQueued('urgent') || isQueued(dialClass)) return;
      queued.routine.delete(deviceId);
      lastTurn += 1;
      queued[dialClass].set(deviceId, lastTurn);
    },
    delete: (deviceId) => {
      queued.urgent.delete(deviceId);
      queued.routine.delete(deviceId);
      if (inFlight.get(deviceId) === 'routine') routineInFlight -= 1;
      inFlight.delete(deviceId);
    },
    take: (nowMs) => {
      for (const dialClass of order()) {
        if (isWaiting(dialClass) && rates[dialClass].take(1, nowMs)) return start(dialClass);
      }
      return undefined;
    },
    nextAtMs: (nowMs) => {
      const times = order()
        .filter(isWaiting)
        .map((dialClass) => nowMs + rates[dialClass].waitMs(1, nowMs));
      return times.length === 0 ? null : Math.min(...times);
    },
  };
};
