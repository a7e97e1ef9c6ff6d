import type { Cancel, DeviceId, DevicePresence, LinkStatus } from '@bowline/contracts';
import type { System } from '../system.ts';

/** How every paired device is, and when that changes. */
export interface DevicePresences {
  of(deviceId: DeviceId): DevicePresence;
  noteServices(deviceId: DeviceId, services: readonly string[]): void;
  onChanged(listener: (presence: DevicePresence) => void): Cancel;
  readonly cancel: Cancel;
}

/** How often round trips are looked at while somebody listens, milliseconds: as often as an idle link measures them. */
const LOOK_MS = 5_000;

/** A change of the round trip that is worth telling. */
const RTT_RATIO = 0.2;

export const devicePresences = ({ parts, peers, clock, inBackground }: System): DevicePresences => {
  const { links, services } = parts;
  const told = new Map<DeviceId, DevicePresence>();
  const listed = new Map<DeviceId, readonly string[]>();
  const rtts = new Map<DeviceId, number | null>();
  const connecting = new Set<DeviceId>();
  const listeners = new Set<(presence: DevicePresence) => void>();
  let cancelLook: Cancel | null = null;

  const now = (deviceId: DeviceId): DevicePresence => {
    const peer = peers.get(deviceId);
    const isUp = peer?.link === 'up';
    const path = isUp ? (peer?.path ?? null) : null;
    return {
      id: deviceId,
      name: peer?.device.name ?? deviceId,
      state: isUp ? 'connected' : connecting.has(deviceId) ? 'connecting' : 'offline',
      path: path?.kind ?? null,
      relay: path?.kind === 'relay' ? (peer?.relayUrl ?? null) : null,
      rttMs: isUp ? (rtts.get(deviceId) ?? path?.rttMs ?? null) : null,
      services: listed.get(deviceId) ?? null,
    };
  };

  const look = (deviceId: DeviceId): void => {
    const before = told.get(deviceId);
    const after = now(deviceId);
    if (before !== undefined && isSame(before, after)) return;
    told.set(deviceId, after);
    for (const listener of [...listeners]) listener(after);
  };

  const noteLinks = (statuses: readonly LinkStatus[]): void => {
    for (const { deviceId, rttMs, state } of statuses) {
      rtts.set(deviceId, rttMs ?? null);
      if (state === 'connecting') connecting.add(deviceId);
      else connecting.delete(deviceId);
      look(deviceId);
    }
  };
  const lookAtLinks = (): void => {
    cancelLook = null;
    if (listeners.size === 0) return;
    inBackground('look at links', async () => noteLinks((await links.client.request('status', {})).links));
    cancelLook = clock.setTimer(LOOK_MS, lookAtLinks, { unref: true, isAligned: true });
  };

  const cancels = [
    peers.onChanged(({ deviceId, after }) => {
      if (after === undefined) {
        told.delete(deviceId);
        listed.delete(deviceId);
        rtts.delete(deviceId);
        connecting.delete(deviceId);
      } else look(deviceId);
    }),
    links.client.on('features.received', ({ deviceId }) =>
      inBackground('ask for services', async () => {
        const answer = await services.client.request('listServices', { deviceId }).catch(() => null);
        if (answer === null) return;
        listed.set(
          deviceId,
          answer.services.map(({ name }) => name),
        );
        look(deviceId);
      }),
    ),
  ];

  return {
    of: (deviceId) => {
      const before = told.get(deviceId);
      const after = now(deviceId);
      if (before !== undefined && isSame(before, after)) return before;
      told.set(deviceId, after);
      return after;
    },
    noteServices: (deviceId, names) => {
      listed.set(deviceId, names);
      look(deviceId);
    },
    onChanged: (listener) => {
      const own = (presence: DevicePresence): void => listener(presence);
      listeners.add(own);
      if (cancelLook === null) lookAtLinks();
      return () => {
        listeners.delete(own);
      };
    },
    cancel: () => {
      cancelLook?.();
      for (const cancel of cancels) cancel();
    },
  };
};

const isSame = (one: DevicePresence, other: DevicePresence): boolean => {
  const { rttMs: before } = one;
  const { rttMs: after } = other;
  const isNear =
    before === after || (before !== null && after !== null && Math.abs(after - before) <= before * RTT_RATIO);
  const rest = ({ rttMs: _rttMs, ...others }: DevicePresence): string => JSON.stringify(others);
  return isNear && rest(one) === rest(other);
};
