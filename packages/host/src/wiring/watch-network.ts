import type { Cancel } from '@bowline/contracts';
import { networkFingerprint } from '../network-fingerprint.ts';
import type { System } from '../system.ts';

/** Often enough that roaming feels immediate; reading the interfaces costs well under a millisecond. */
const LOOK_INTERVAL_MS = 2_000;

/**
 * How far wall time may be from where it was expected: no busy process is late by so much, a sleeping machine is. One whose wall
 * clock was set back meanwhile is as far behind.
 */
const SLEEP_MS = 10_000;

/**
 * Notices that the network changed or the machine slept, and has everything that depends on it look again. How late its timer
 * fires is how busy this process is, so that the device wakes up for one look and not for two.
 */
export const watchNetwork = ({
  condition,
  parts,
  peers,
  clock,
  hub,
  inBackground,
  networkInterfaces,
  options,
}: System): Cancel => {
  let fingerprint = networkFingerprint(networkInterfaces());
  let dueMs = 0;
  let dueWallMs = 0;
  let cancelTimer: Cancel = () => undefined;

  const look = (): void => {
    const delayMs = clock.monotonicMs() - dueMs;
    // A timer that a sleeping machine overtook says nothing of how busy it is.
    if (delayMs <= SLEEP_MS) condition.noteTimerDelay(delayMs);
    const seen = networkFingerprint(networkInterfaces());
    const hasSlept = Math.abs(clock.nowMs() - dueWallMs) > SLEEP_MS;
    if (hasSlept || seen !== fingerprint) onChange(hasSlept ? 'wake' : 'interfaces');
    fingerprint = seen;
    lookLater();
  };

  const lookLater = (): void => {
    dueMs = clock.monotonicMs() + LOOK_INTERVAL_MS;
    dueWallMs = clock.nowMs() + LOOK_INTERVAL_MS;
    cancelTimer = clock.setTimer(LOOK_INTERVAL_MS, look, { unref: true, isAligned: true });
  };

  const onChange = (cause: 'wake' | 'interfaces'): void => {
    hub.tell({ event: 'network.changed', cause });
    inBackground('check relays', () => parts.switchboard.client.request('checkNow', {}));
    if (options.mdns) inBackground('refresh mdns', () => parts.mdns.client.request('refresh', {}));
    // A link on a path that is gone looks alive until somebody speaks.
    for (const { link, device } of peers.peers()) {
      const { id: deviceId } = device;
      if (link === 'up') inBackground('check link', () => parts.links.client.request('ping', { deviceId }));
    }
    const nudge = { cause: cause === 'wake' ? 'wake' : 'networkChange' } as const;
    inBackground('nudge', () => parts.scheduler.client.request('nudgeAll', nudge));
  };

  lookLater();
  return () => cancelTimer();
};
