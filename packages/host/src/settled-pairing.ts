import type { Clock, DeviceId, PeerDevice } from '@bowline/contracts';

/** Longer than any step after the proof may take. */
const SETTLING_MS = 60_000;

/** Tells whether both sides have long stored a pairing: only then does a device that does not know us mean it. */
export interface SettledPairing {
  /** A pairing was made just now. */
  begin(deviceId: DeviceId): void;
  has(device: Pick<PeerDevice, 'id' | 'pairedAtMs'>): boolean;
}

/**
 * Counts by the clock that never jumps. The wall clock is asked only about pairings made before the start, and only for
 * what it said then: at the latest a minute after the start they are settled, whatever it said.
 */
export const settledPairing = (clock: Clock): SettledPairing => {
  const startedAtMs = clock.nowMs();
  const startedMs = clock.monotonicMs();
  const begunMs = new Map<DeviceId, number>();
  const hasPassed = (sinceMs: number): boolean => clock.monotonicMs() - sinceMs > SETTLING_MS;
  return {
    begin: (deviceId) => {
      begunMs.set(deviceId, clock.monotonicMs());
    },
    has: ({ id, pairedAtMs }) => {
      const begun = begunMs.get(id);
      if (begun !== undefined) return hasPassed(begun);
      return startedAtMs - pairedAtMs > SETTLING_MS || hasPassed(startedMs);
    },
  };
};
