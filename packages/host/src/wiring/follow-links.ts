import {
  type Cancel,
  type DeviceId,
  type EventPayload,
  errorCode,
  type KnownAddress,
  type LinksChannel,
  MAX_DIRECT_ADDRESSES,
  type PeerDevice,
  type SocketAddress,
} from '@bowline/contracts';
import { isRestartCode } from '@bowline/supervisor';
import { originOf } from '../peers/contact.ts';
import type { Peer } from '../peers/peer.ts';
import { toldAddresses } from '../peers/told-addresses.ts';
import { staysOnThisMachine } from '../stays-on-this-machine.ts';
import type { System } from '../system.ts';
import { removePeer } from './peer-changes.ts';

/** Link ends after which the other device is not dialled at once: it left, or the link was ended here. */
const EXPECTED_ENDS: ReadonlySet<string> = new Set(['goodbye', 'unpaired', 'closedHere']);

/**
 * What happens when a link comes up, changes and ends, all of it: the registry notes it, by which the scheduler, the relay
 * refresh and the switchboard hear of it; the app is told; what must survive a restart is stored. A pairing that was left
 * pending heals with its first link, in the store as soon as that is there.
 */
export const followLinks = (system: System): Cancel => {
  const { parts, peers, hub, clock, settled, records, inBackground } = system;
  const { links, persistence } = parts;
  const told = toldAddresses({
    monotonicMs: () => clock.monotonicMs(),
    allowsThisMachine: () => staysOnThisMachine(system),
  });
  const believed = ({ device: { id, directAddresses } }: Peer, addresses: readonly SocketAddress[]) =>
    told.accept(
      id,
      addresses,
      directAddresses.map(({ address }) => address),
    );
  /** Healed pairings that the store, being restarted, has not heard of. */
  const unstored = new Set<DeviceId>();

  const heal = async (deviceId: DeviceId): Promise<void> => {
    const device = peers.get(deviceId)?.device;
    if (device === undefined) return;
    const { directAddresses, incarnation } = device;
    try {
      await persistence.client.request('promote', {
        deviceId,
        directAddresses,
        incarnation,
        ...(device.lastSeenAtMs === null ? {} : { lastSeenAtMs: device.lastSeenAtMs }),
      });
    } catch (error) {
      if (isRestartCode(errorCode(error))) unstored.add(deviceId);
      throw error;
    }
  };

  const onUp = ({ deviceId, path, ...link }: EventPayload<LinksChannel, 'link.up'>): void => {
    const peer = peers.get(deviceId);
    if (peer === undefined) return;
    const { device } = peer;
    hub.tell({ event: 'device.connected', deviceId, name: device.name, path });
    const seenAtMs = clock.nowMs();
    const directAddresses = mergeAddresses(device, believed(peer, link.directAddresses), seenAtMs);
    const learnt = { directAddresses, incarnation: link.incarnation, lastSeenAtMs: seenAtMs };
    const contact = {
      ...peer.contact,
      pathSinceMs: path === null ? null : seenAtMs,
      learntFrom: originOf(path, peer, link.directAddresses),
      lastFailure: null,
      lastRefusal: null,
      failureCount: 0,
    };
    peers.updateRecord(deviceId, { ...learnt, pairingState: 'paired' });
    peers.update(deviceId, { link: 'up', path, contact, heardRelayInfo: link.relayInfo });
    if (device.pairingState === 'pending') inBackground('remember peer', () => heal(deviceId));
    else records.note(deviceId, learnt);
  };

  const onDown = ({ deviceId, reason }: EventPayload<LinksChannel, 'link.down'>): void => {
    const peer = peers.get(deviceId);
    if (peer === undefined) return;
    const lastSeenAtMs = clock.nowMs();
    const ended = { pathSinceMs: null, learntFrom: null, lastDown: { atMs: lastSeenAtMs, reason } };
    const contact = { ...peer.contact, ...ended };
    peers.update(deviceId, { link: EXPECTED_ENDS.has(reason) ? 'away' : 'down', path: null, contact });
    peers.updateRecord(deviceId, { lastSeenAtMs });
    records.note(deviceId, { lastSeenAtMs });
    hub.tell({ event: 'device.disconnected', deviceId, name: peer.device.name, reason });
  };

  const onAddresses = ({ deviceId, directAddresses }: EventPayload<LinksChannel, 'peer.updated'>): void => {
    const peer = peers.get(deviceId);
    if (peer === undefined) return;
    const merged = mergeAddresses(peer.device, believed(peer, directAddresses), clock.nowMs());
    peers.updateRecord(deviceId, { directAddresses: merged });
    records.note(deviceId, { directAddresses: merged });
  };

  /**
   * A device that pairs anew still speaks of the pairing before, until it has stored the new one. Where it does not say
   * which it means, it is believed once it must long have stored it.
   */
  const isMeant = (device: PeerDevice, pairingId: string | null): boolean =>
    pairingId === null || device.pairingId === undefined ? settled.has(device) : pairingId === device.pairingId;

  const cancels = [
    persistence.onReady(() => {
      const waiting = [...unstored];
      unstored.clear();
      for (const deviceId of waiting) inBackground('remember a pairing', () => heal(deviceId));
    }),
    peers.onChanged(({ deviceId, after }) => {
      if (after === undefined) told.forget(deviceId);
    }),
    links.client.on('link.up', onUp),
    links.client.on('link.down', onDown),
    links.client.on('link.pathChanged', ({ deviceId, path }) => {
      const peer = peers.get(deviceId);
      if (peer === undefined) return;
      const contact = { ...peer.contact, pathSinceMs: clock.nowMs(), learntFrom: originOf(path, peer, null) };
      peers.update(deviceId, { path, contact });
      hub.tell({ event: 'device.pathChanged', deviceId, name: peer.device.name, path });
    }),
    links.client.on('peer.updated', onAddresses),
    links.client.on('peer.refused', ({ deviceId, name }) => {
      const contact = peers.get(deviceId)?.contact;
      const lastRefusal = { atMs: clock.nowMs(), name };
      if (contact !== undefined) peers.update(deviceId, { contact: { ...contact, lastRefusal } });
    }),
    links.client.on('relayInfo.received', ({ deviceId, relayInfo }) =>
      peers.update(deviceId, { heardRelayInfo: relayInfo }),
    ),
    links.client.on('peer.unpaired', ({ deviceId, toldOn, pairingId }) => {
      const peer = peers.get(deviceId);
      if (peer === undefined || (toldOn === 'dial' && !isMeant(peer.device, pairingId))) return;
      inBackground('remove peer', () => removePeer(system, deviceId, 'peer'));
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};

/** Those kept of a device, newest first. */
const mergeAddresses = (device: PeerDevice, told: readonly string[], seenAtMs: number): readonly KnownAddress[] => {
  const fresh = told.map((address) => ({ address, seenAtMs }) as KnownAddress);
  const kept = device.directAddresses.filter(({ address }) => !told.includes(address));
  return [...fresh, ...kept].slice(0, MAX_DIRECT_ADDRESSES);
};
