import type { Cancel } from '@bowline/contracts';
import { networkFingerprint } from '../network-fingerprint.ts';
import type { System } from '../system.ts';

/**
 * Often enough that roaming feels immediate. Reading the interfaces costs well under a millisecond, and the second is one that the
 * links of this process are looked after in anyway.
 */
const LOOK_INTERVAL_MS = 1_000;

/**
 * How far wall time may be from where it was expected: no busy process is late by so much, a sleeping machine is. One whose wall
 * clock was set back meanwhile is as far behind.
 */
const SLEEP_MS = 10_000;

/**
 * Notices that the network changed or the machine slept, and has everything that depends on it look again. How late its timer
 * fires is how busy this process is, so that the device wakes up for one look and not for two. Other addresses of the endpoint are
 * a reason to look at once: iroh hears of some changes sooner.
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
  own,
}: System): Cancel => {
  let interfaces = networkInterfaces();
  let fingerprint = networkFingerprint(interfaces);
  let dueMs = 0;
  let dueWallMs = 0;
  let cancelTimer: Cancel = () => undefined;

  const look = (hasSlept: boolean): void => {
    const seen = networkInterfaces();
    const before = fingerprint;
    if (seen !== interfaces) fingerprint = networkFingerprint(seen);
    interfaces = seen;
    const hasChanged = fingerprint !== before;
    if (hasSlept || hasChanged) onChange(hasSlept ? 'wake' : 'interfaces');
  };

  const onTimer = (): void => {
    const delayMs = clock.monotonicMs() - dueMs;
    // A timer that a sleeping machine overtook says nothing of how busy it is.
    if (delayMs <= SLEEP_MS) condition.noteTimerDelay(delayMs);
    look(Math.abs(clock.nowMs() - dueWallMs) > SLEEP_MS);
    lookLater();
  };

  const lookLater = (): void => {
    dueMs = clock.monotonicMs() + LOOK_INTERVAL_MS;
    dueWallMs = clock.nowMs() + LOOK_INTERVAL_MS;
    cancelTimer = clock.setTimer(LOOK_INTERVAL_MS, onTimer, { unref: true, isAligned: true });
  };

  const askLinks = (): void => {
    for (const { link, device } of peers.peers()) {
      const { id: deviceId } = device;
      if (link === 'up') inBackground('check link', () => parts.links.client.request('ping', { deviceId }));
    }
  };

  const onChange = (cause: 'wake' | 'interfaces'): void => {
    hub.tell({ event: 'network.changed', cause });
    inBackground('check relays', () => parts.switchboard.client.request('checkNow', {}));
    if (options.mdns) inBackground('refresh mdns', () => parts.mdns.client.request('refresh', {}));
    // A link on a path that is gone looks alive until somebody speaks. A machine that wakes, or has no network, waits for one first.
    if (cause === 'interfaces' && fingerprint !== '') {
      inBackground('check links', () => parts.links.client.request('checkNow', {}));
    } else askLinks();
    const nudge = { cause: cause === 'wake' ? 'wake' : 'networkChange' } as const;
    inBackground('nudge', () => parts.scheduler.client.request('nudgeAll', nudge));
  };

  const cancelOwn = own.onChanged(({ bound }, previous) => {
    if (bound !== null && bound.directAddresses !== previous.bound?.directAddresses) look(false);
  });
  lookLater();
  return () => {
    cancelOwn();
    cancelTimer();
  };
};
