import type {
  Cancel,
  DeviceId,
  EndpointId,
  EventPayload,
  KnownAddress,
  LinksChannel,
  PeerDevice,
} from '@bowline/contracts';
import type { System } from '../system.ts';
import { admitDevices } from './bind-endpoint.ts';

/** Direct addresses kept for each device, newest first. */
const MAX_KNOWN_ADDRESSES = 16;

/** Writes down what links tell about peers, so that it survives a restart; heals pairings left pending. */
export const rememberPeers = (system: System): Cancel => {
  const { parts, directory, hub, clock, settled, inBackground } = system;
  const { links, refresh, persistence, switchboard } = parts;

  const onLinkUp = async (link: EventPayload<LinksChannel, 'link.up'>): Promise<void> => {
    const device = directory.get(link.deviceId);
    if (device === undefined) return;
    hub.tell({ event: 'device.connected', deviceId: device.id, name: device.name, path: link.path });
    await refresh.client.request('reportLinked', { deviceId: device.id });
    await refresh.client.request('learn', { deviceId: device.id, relayInfo: link.relayInfo });
    // Until here it may have been unpaired, which stands, or have said more of itself.
    const known = directory.get(device.id);
    if (known === undefined) return;
    const seenAtMs = clock.nowMs();
    const update = {
      directAddresses: mergeAddresses(known, link.directAddresses, seenAtMs),
      incarnation: link.incarnation,
      lastSeenAtMs: seenAtMs,
    };
    directory.put({ ...known, ...update, pairingState: 'paired' });
    const change = { deviceId: known.id, ...update };
    if (known.pairingState === 'pending') await persistence.client.request('promote', change);
    else await persistence.client.request('updateDevice', change);
  };

  const cancels = [
    links.client.on('link.up', (link) => inBackground('remember peer', () => onLinkUp(link))),
    links.client.on('link.down', ({ deviceId, reason }) => {
      const device = directory.get(deviceId);
      if (device !== undefined) hub.tell({ event: 'device.disconnected', deviceId, name: device.name, reason });
      inBackground('report link', () => refresh.client.request('reportUnlinked', { deviceId }));
    }),
    links.client.on('link.pathChanged', ({ deviceId, path }) => {
      const device = directory.get(deviceId);
      if (device !== undefined) hub.tell({ event: 'device.pathChanged', deviceId, name: device.name, path });
    }),
    links.client.on('peer.updated', ({ deviceId, directAddresses }) => {
      const device = directory.get(deviceId);
      if (device === undefined) return;
      const merged = mergeAddresses(device, directAddresses, clock.nowMs());
      directory.put({ ...device, directAddresses: merged });
      inBackground('remember addresses', () =>
        persistence.client.request('updateDevice', { deviceId, directAddresses: merged }),
      );
    }),
    links.client.on('peer.unpaired', ({ deviceId, toldOn }) => {
      const device = directory.get(deviceId);
      if (device === undefined || (toldOn === 'dial' && !settled.has(device))) return;
      inBackground('remove peer', () => removePeer(system, deviceId, 'peer'));
    }),
    links.client.on('relayInfo.received', ({ deviceId, relayInfo }) =>
      inBackground('learn relays', () => refresh.client.request('learn', { deviceId, relayInfo })),
    ),
    refresh.client.on('relayInfo.changed', ({ deviceId, relayInfo }) => {
      const device = directory.get(deviceId);
      if (device === undefined) return;
      directory.put({ ...device, relayInfo });
      const { endpointId } = device;
      inBackground('remember relays', () => persistence.client.request('updateDevice', { deviceId, relayInfo }));
      inBackground('hint relays', () =>
        switchboard.client.request('hintPeer', { endpointId, relayUrls: relayInfo.relayUrls }),
      );
    }),
    refresh.client.on('push.due', (push) =>
      inBackground('push relays', () => links.client.request('pushRelayInfo', push)),
    ),
    refresh.client.on('ask.due', (ask) =>
      inBackground('ask for relays', () => links.client.request('askRelayInfo', ask)),
    ),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};

/** How a device is adopted. */
export interface AdoptionOptions {
  /** Called once this device can be asked for it: who asks to remove it then is served when all is done. */
  readonly onKnown?: () => void;
  /** How long the other side is given to dial first. */
  readonly dialAfterMs?: number;
  /** Whether it was known and has been paired anew, so that nothing it said before counts. */
  readonly isAnew?: boolean;
  /** Whether it was adopted in part before: if it was removed since, it stays so, and what is known of it now counts. */
  readonly isAgain?: boolean;
  /** Whether it was paired since the switchboard was last told of all tokens, and may have shared some. */
  readonly mayShareTokens?: boolean;
}

/** Starts caring for a device that is in the store: links, relay hints, schedule, admission. */
export const adoptPeer = (system: System, stored: PeerDevice, how: AdoptionOptions = {}): Promise<void> =>
  system.turns.take(stored.id, async () => {
    const { parts, directory } = system;
    const { onKnown, dialAfterMs, isAnew = false, isAgain = false, mayShareTokens = false } = how;
    // Asked here: it may have been removed while this waited for its turn.
    const device = isAgain ? directory.get(stored.id) : stored;
    if (device === undefined) return;
    const { id: deviceId, endpointId, incarnation, lastReceived, relayInfo } = device;
    directory.put(device);
    if (isAnew) await parts.refresh.client.request('forget', { deviceId });
    await parts.links.client.request('addPeer', { deviceId, endpointId, incarnation, lastReceived, isAnew });
    onKnown?.();
    // First what takes no disk: it may be dialling already, and who is in both lists is admitted.
    await admitDevices(system);
    await system.unpaired.remove(endpointId);
    if (relayInfo !== null) {
      await parts.refresh.client.request('learn', { deviceId, relayInfo });
      await parts.switchboard.client.request('hintPeer', { endpointId, relayUrls: relayInfo.relayUrls });
    }
    if (mayShareTokens) await lendTokens(system, endpointId);
    const patience = dialAfterMs === undefined ? {} : { afterMs: dialAfterMs };
    await parts.scheduler.client.request('track', { deviceId, ...patience });
  });

/** Whatever another session with this device has told of it since: what is stored counts. */
const lendTokens = async ({ parts }: System, endpointId: EndpointId): Promise<void> => {
  const { peers } = await parts.persistence.client.request('listRelayTokens', {});
  const kept = peers.find((peer) => peer.endpointId === endpointId);
  if (kept !== undefined) await parts.switchboard.client.request('lendTokens', kept);
};

/** Forgets a device everywhere. With `by: 'us'` the device is told: now if it is connected, otherwise when it comes. */
export const removePeer = (system: System, deviceId: DeviceId, by: 'us' | 'peer'): Promise<void> =>
  system.turns.take(deviceId, async () => {
    const { parts, directory, hub } = system;
    const device = directory.get(deviceId);
    if (device === undefined) return;
    if (by === 'us') await system.unpaired.add(device.endpointId);
    await parts.scheduler.client.request('untrack', { deviceId });
    await parts.links.client.request('removePeer', { deviceId });
    await parts.persistence.client.request('removeDevice', { deviceId });
    directory.remove(deviceId);
    await admitDevices(system);
    await parts.refresh.client.request('forget', { deviceId });
    await parts.switchboard.client.request('forgetPeer', { endpointId: device.endpointId });
    hub.tell({ event: 'device.removed', deviceId, name: device.name, by });
  });

/** Stores and tells the name this device's owner gives a peer; what the peer calls itself later does not replace it. */
export const renamePeer = async (
  { parts, directory, hub }: System,
  deviceId: DeviceId,
  name: string,
): Promise<void> => {
  const device = directory.get(deviceId);
  if (device === undefined) return;
  directory.put({ ...device, name });
  await parts.persistence.client.request('renameDevice', { deviceId, name });
  hub.tell({ event: 'device.renamed', deviceId, name });
};

const mergeAddresses = (device: PeerDevice, told: readonly string[], seenAtMs: number): readonly KnownAddress[] => {
  const fresh = told.map((address) => ({ address, seenAtMs }) as KnownAddress);
  const kept = device.directAddresses.filter(({ address }) => !told.includes(address));
  return [...fresh, ...kept].slice(0, MAX_KNOWN_ADDRESSES);
};
