import type { Cancel, DeviceId } from '@bowline/contracts';
import type { Peer } from '../peers/peer.ts';
import { SpacedTasks } from '../spaced-tasks.ts';
import type { System } from '../system.ts';

/**
 * A link that has stood for so long has carried what was said at its beginning, milliseconds: an earlier release, which
 * answers nothing, has heard it, too.
 */
const TOLD_AFTER_MS = 10_000;

/** Least time between two keys that are taken from one device, milliseconds: each is stored, and searched by. */
const SPACING_MS = 1_000;

/** Keeps by what each peer is known on the local network, and whether it has heard by what this device is. */
export const exchangePresence = ({ parts, peers, clock, inBackground }: System): Cancel => {
  const { links, persistence } = parts;
  const heard = new Map<DeviceId, Peer['presenceKey']>();
  const standing = new Map<DeviceId, Cancel>();

  const store = ({ device: { id: deviceId }, presenceKey, knowsPresence: isTold }: Peer): void =>
    inBackground('keep presence', () => persistence.client.request('putPresence', { deviceId, presenceKey, isTold }));
  const note = (deviceId: DeviceId, change: Partial<Pick<Peer, 'presenceKey' | 'knowsPresence'>>): void => {
    const before = peers.get(deviceId);
    if (before === undefined) return;
    peers.update(deviceId, change);
    const after = peers.get(deviceId);
    const isNews = after?.presenceKey !== before.presenceKey || after?.knowsPresence !== before.knowsPresence;
    if (after !== undefined && isNews) store(after);
  };
  const spaced = new SpacedTasks<DeviceId>({
    clock,
    spacingMs: SPACING_MS,
    run: (deviceId) => {
      const presenceKey = heard.get(deviceId);
      heard.delete(deviceId);
      // It knows this page of the protocol, and what this side said was on its way before.
      if (presenceKey !== undefined) note(deviceId, { presenceKey, knowsPresence: true });
    },
  });

  const stopWaiting = (deviceId: DeviceId): void => {
    standing.get(deviceId)?.();
    standing.delete(deviceId);
  };
  const cancels = [
    links.client.on('presence.received', ({ deviceId, presenceKey }) => {
      heard.set(deviceId, presenceKey);
      spaced.ask(deviceId);
    }),
    links.client.on('link.up', ({ deviceId }) => {
      stopWaiting(deviceId);
      const told = (): void => {
        standing.delete(deviceId);
        note(deviceId, { knowsPresence: true });
      };
      standing.set(deviceId, clock.setTimer(TOLD_AFTER_MS, told, { unref: true }));
    }),
    links.client.on('link.down', ({ deviceId }) => stopWaiting(deviceId)),
    peers.onChanged(({ deviceId, before, after, isAdoption }) => {
      if (after === undefined) {
        heard.delete(deviceId);
        spaced.delete(deviceId);
        stopWaiting(deviceId);
      } else if (isAdoption && before !== undefined) store(after);
    }),
  ];
  return () => {
    for (const cancel of [...cancels, ...standing.values()]) cancel();
    spaced.clear();
  };
};
