import type { Cancel, DeviceId, HostEvent } from '@bowline/contracts';
import { TokenBucket, type TokenRate } from '@bowline/limits';
import type { System } from '../system.ts';

/**
 * Connects of one device that are journaled: some at once, as in a restart or two, then one a minute, for a device that comes and
 * goes without end must not push out what others sent. The end of a connection is journaled when its beginning was, and the
 * beginning of one that stays in any case, so that the last that is said of a device is true.
 */
const CONNECT_RATE: TokenRate = { burst: 5, perSecond: 1 / 60 };

type Journaled = Extract<
  HostEvent,
  {
    event:
      | 'device.connected'
      | 'device.disconnected'
      | 'device.removed'
      | 'device.renamed'
      | 'device.blocked'
      | 'device.unblocked';
  }
>;

/** What is said of it beside the device and the time, in the shape of the event. */
const dataOf = (told: Journaled): Readonly<Record<string, unknown>> => {
  switch (told.event) {
    case 'device.connected': {
      const { kind = null, remoteAddress = null, rttMs = null } = told.path ?? {};
      return { path: kind, remoteAddress, rttMs };
    }
    case 'device.disconnected':
      return { reason: told.reason };
    case 'device.removed':
      return { name: told.name, by: told.by };
    case 'device.renamed':
    case 'device.blocked':
    case 'device.unblocked':
      return { name: told.name };
  }
};

/** Keeps in the journal that devices came and went, were renamed and unpaired, in the order in which it was told. */
export const journalDevices = ({ parts, hub, clock, inBackground }: System): Cancel => {
  const { persistence } = parts;
  const rates = new Map<DeviceId, TokenBucket>();
  const isOpen = new Set<DeviceId>();
  /** Connects that are journaled later, if they last. */
  const waiting = new Map<DeviceId, Cancel>();
  let queue: Promise<unknown> = Promise.resolve();

  const rateOf = (deviceId: DeviceId): TokenBucket => {
    const rate = rates.get(deviceId) ?? new TokenBucket(CONNECT_RATE, clock.monotonicMs());
    rates.set(deviceId, rate);
    return rate;
  };
  const forgetWaiting = (deviceId: DeviceId): void => {
    waiting.get(deviceId)?.();
    waiting.delete(deviceId);
  };

  const append = (told: Journaled, atMs: number): void => {
    const { event, deviceId } = told;
    const entry = { atMs, event, deviceId, data: dataOf(told) };
    inBackground('journal a device', () => {
      const written = queue.then(() => persistence.client.request('appendJournal', entry));
      queue = written.catch(() => undefined);
      return written;
    });
  };

  const appendConnect = (told: Journaled, atMs: number): void => {
    const { deviceId } = told;
    forgetWaiting(deviceId);
    const rate = rateOf(deviceId);
    const nowMs = clock.monotonicMs();
    if (rate.take(1, nowMs)) {
      isOpen.add(deviceId);
      append(told, atMs);
      return;
    }
    const again = (): void => appendConnect(told, atMs);
    waiting.set(deviceId, clock.setTimer(rate.waitMs(1, nowMs), again, { unref: true }));
  };

  const journal = (told: Journaled): void => {
    const { event, deviceId } = told;
    if (event === 'device.connected') {
      appendConnect(told, clock.nowMs());
      return;
    }
    if (event === 'device.disconnected' || event === 'device.removed') forgetWaiting(deviceId);
    if (event === 'device.removed') rates.delete(deviceId);
    if (event === 'device.disconnected' && !isOpen.delete(deviceId)) return;
    append(told, clock.nowMs());
  };

  const cancels = [
    hub.on('device.connected', journal),
    hub.on('device.disconnected', journal),
    hub.on('device.removed', journal),
    hub.on('device.renamed', journal),
    hub.on('device.blocked', journal),
    hub.on('device.unblocked', journal),
  ];
  return () => {
    for (const cancel of [...cancels, ...waiting.values()]) cancel();
  };
};
