import {
  type Cancel,
  type DeviceId,
  deviceIdOf,
  type EndpointId,
  type PeerDevice,
  type StoredPresence,
} from '@bowline/contracts';
import { NO_CONTACT } from './contact.ts';
import { findDevice } from './find-device.ts';
import type { Peer } from './peer.ts';

/** One peer before and after a change; `undefined` where it is not paired. */
export interface PeerChange {
  readonly deviceId: DeviceId;
  readonly before: Peer | undefined;
  readonly after: Peer | undefined;
  /** Whether a pairing with it was stored just now. */
  readonly isAdoption: boolean;
}

/** Hears of a change; the promise resolves when whoever it tells has taken it, or cannot be told, and never rejects. */
export type PeerListener = (change: PeerChange) => Promise<void> | void;

/** How a device is adopted. */
export interface Adoption {
  /** Whether it was known and has been paired anew, so that nothing it said before counts. @defaultValue false */
  readonly isAnew?: boolean;
  /** How long the other side is given to dial first, milliseconds. @defaultValue 0 */
  readonly dialAfterMs?: number;
}

/**
 * The one owner of what is known of every paired device. Facts about a device come here, and whoever needs to know
 * hears of each change from here; nobody keeps a list of devices of its own. Reading and changing take no time: what
 * is stored was stored before, so that adopting and removing a device is one step each.
 */
export interface PeerRegistry {
  /** The records, in the order the devices were paired. */
  list(): readonly PeerDevice[];
  peers(): Iterable<Peer>;
  get(deviceId: DeviceId): Peer | undefined;
  getByEndpoint(endpointId: EndpointId): Peer | undefined;
  /** A device by id, by the beginning of its id, or by name in any case. @throws DeviceNotFoundError, DeviceAmbiguousError */
  find(query: string): PeerDevice;
  /** Takes a device that is stored. Resolves once those who need to know have been told. */
  adopt(device: PeerDevice, how?: Adoption): Promise<void>;
  /** Forgets a device that is no longer stored. Resolves once those who need to know have been told. */
  remove(deviceId: DeviceId): Promise<void>;
  /** Notes what became known of a device; of one that is not paired, nothing. */
  update(deviceId: DeviceId, change: Partial<Omit<Peer, 'device'>>): void;
  /** The same for its record. */
  updateRecord(deviceId: DeviceId, change: Partial<PeerDevice>): void;
  onChanged(listener: PeerListener): Cancel;
}

export const peerRegistry = (
  stored: readonly PeerDevice[] = [],
  presence: readonly StoredPresence[] = [],
): PeerRegistry => {
  const peers = new Map<DeviceId, Peer>();
  const listeners = new Set<PeerListener>();
  let pairings = 0;

  const newPeer = (device: PeerDevice, dialAfterMs: number): Peer => {
    pairings += 1;
    return {
      device,
      pairing: pairings,
      link: 'down',
      path: null,
      relayUrl: null,
      contact: NO_CONTACT,
      toldFacts: null,
      dialAfterMs,
      sightedAddresses: [],
      presenceKey: null,
      knowsPresence: false,
      knowsTcp: null,
      heardRelayInfo: null,
      lentTokens: null,
    };
  };

  const change = async (deviceId: DeviceId, after: Peer | undefined, isAdoption = false): Promise<void> => {
    const before = peers.get(deviceId);
    if (after === undefined) peers.delete(deviceId);
    else peers.set(deviceId, after);
    await Promise.all([...listeners].map((listener) => listener({ deviceId, before, after, isAdoption })));
  };

  const update: PeerRegistry['update'] = (deviceId, changed) => {
    const peer = peers.get(deviceId);
    // Listeners never reject.
    if (peer !== undefined) void change(deviceId, { ...peer, ...changed });
  };

  for (const device of stored) peers.set(device.id, newPeer(device, 0));
  for (const { deviceId, presenceKey, isTold } of presence) {
    const peer = peers.get(deviceId);
    if (peer !== undefined) peers.set(deviceId, { ...peer, presenceKey, knowsPresence: isTold });
  }

  return {
    list: () => Array.from(peers.values(), ({ device }) => device),
    peers: () => peers.values(),
    get: (deviceId) => peers.get(deviceId),
    getByEndpoint: (endpointId) => peers.get(deviceIdOf(endpointId)),
    find: (query) =>
      findDevice(
        Array.from(peers.values(), ({ device }) => device),
        query,
      ),
    adopt: (device, { isAnew = false, dialAfterMs = 0 } = {}) => {
      const known = peers.get(device.id);
      const fresh = newPeer(device, dialAfterMs);
      if (known === undefined) return change(device.id, fresh, true);
      // What it was seen at is no word of its own, and its link ends by itself.
      const { link, path, relayUrl, sightedAddresses, lentTokens, toldFacts } = known;
      return change(
        device.id,
        isAnew ? { ...fresh, link, path, relayUrl, sightedAddresses, lentTokens, toldFacts } : { ...known, device },
        true,
      );
    },
    remove: async (deviceId) => {
      if (peers.has(deviceId)) await change(deviceId, undefined);
    },
    update,
    updateRecord: (deviceId, changed) => {
      const peer = peers.get(deviceId);
      if (peer !== undefined) update(deviceId, { device: { ...peer.device, ...changed } } as Partial<Peer>);
    },
    onChanged: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
};
