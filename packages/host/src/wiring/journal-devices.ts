import type { Cancel, DeviceId, HostEvent } from '@bowline/contracts';
import type { System } from '../system.ts';

/**
 * Between two connects of one device that are journaled: a device that comes and goes without end must not push out what
 * others sent. The end of a connection is journaled when its beginning was.
 */
const MIN_GAP_MS = 60_000;

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
  const connectedAtMs = new Map<DeviceId, number>();
  const isOpen = new Set<DeviceId>();
  let queue: Promise<unknown> = Promise.resolve();

  const isKept = (told: Journaled): boolean => {
    const { event, deviceId } = told;
    if (event === 'device.disconnected') return isOpen.delete(deviceId);
    if (event === 'device.removed') connectedAtMs.delete(deviceId);
    if (event !== 'device.connected') return true;
    const nowMs = clock.monotonicMs();
    const beforeMs = connectedAtMs.get(deviceId);
    if (beforeMs !== undefined && nowMs - beforeMs < MIN_GAP_MS) return false;
    connectedAtMs.set(deviceId, nowMs);
    isOpen.add(deviceId);
    return true;
  };

  const journal = (told: Journaled): void => {
    if (!isKept(told)) return;
    const { event, deviceId } = told;
    const entry = { atMs: clock.nowMs(), event, deviceId, data: dataOf(told) };
    inBackground('journal a device', () => {
      const written = queue.then(() => persistence.client.request('appendJournal', entry));
      queue = written.catch(() => undefined);
      return written;
    });
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
    for (const cancel of cancels) cancel();
  };
};
