import type { DeviceId, Random } from '@bowline/contracts';
import type { RelayRefreshOptions } from './options.ts';

/** Which linked devices have been silent for too long. Times are monotonic milliseconds. */
export interface Sweep {
  linked(): Iterable<DeviceId>;
  add(deviceId: DeviceId, nowMs: number): void;
  delete(deviceId: DeviceId): void;
  /** The device told its record; devices that are not linked are ignored. */
  heard(deviceId: DeviceId, nowMs: number): void;
  /** When to look next: not after the first device is to be asked; `null` while none is linked. */
  readonly lookAtMs: number | null;
  /** The devices to ask now. One that does not answer is asked again an interval later. */
  takeSilent(nowMs: number): readonly DeviceId[];
}

export const sweep = (
  { sweepIntervalMs, sweepJitterRatio }: Pick<RelayRefreshOptions, 'sweepIntervalMs' | 'sweepJitterRatio'>,
  random: Pick<Random, 'ratio'>,
): Sweep => {
  const askAtMs = new Map<DeviceId, number>();
  // Devices that are heard of only move later, so the earliest time is looked for when it comes, not at every word.
  let lookAtMs: number | null = null;

  const postpone = (deviceId: DeviceId, nowMs: number): void => {
    const jitter = 1 + sweepJitterRatio * (2 * random.ratio() - 1);
    const atMs = nowMs + sweepIntervalMs * jitter;
    askAtMs.set(deviceId, atMs);
    lookAtMs = Math.min(atMs, lookAtMs ?? atMs);
  };

  return {
    linked: () => askAtMs.keys(),
    add: postpone,
    delete: (deviceId) => {
      askAtMs.delete(deviceId);
      if (askAtMs.size === 0) lookAtMs = null;
    },
    heard: (deviceId, nowMs) => {
      if (askAtMs.has(deviceId)) postpone(deviceId, nowMs);
    },
    get lookAtMs() {
      return lookAtMs;
    },
    takeSilent: (nowMs) => {
      if (lookAtMs === null || lookAtMs > nowMs) return [];
      lookAtMs = null;
      const silent: DeviceId[] = [];
      for (const [deviceId, atMs] of [...askAtMs]) {
        if (atMs > nowMs) {
          lookAtMs = Math.min(atMs, lookAtMs ?? atMs);
          continue;
        }
        silent.push(deviceId);
        postpone(deviceId, nowMs);
      }
      return silent;
    },
  };
};
