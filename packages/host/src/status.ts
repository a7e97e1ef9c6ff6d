import type {
  AddressDiscoveryReport,
  DeviceId,
  HostStatus,
  LinkStatus,
  MessageTotal,
  MessageUsage,
  NetworkReport,
  PeerDevice,
  PeerReport,
  SocketAddress,
} from '@bowline/contracts';
import { localIpsOf } from './network-fingerprint.ts';
import { ipOf } from './observed-addresses.ts';
import type { Presence } from './own-presence.ts';
import type { HostParts, System } from './system.ts';

/** Everything about the running device now. A worker that is being restarted counts as having nothing to say. */
export const readStatus = async (system: System): Promise<HostStatus> => {
  const { parts, own, peers, logger } = system;
  const unavailable = (worker: string) => (error: unknown) => {
    logger.debug({ worker, reason: String(error) }, 'worker left out of the status');
    return null;
  };
  const [switchboard, links, messages] = await Promise.all([
    parts.switchboard.client.request('status', {}).catch(unavailable('relay-switchboard')),
    parts.links.client.request('status', {}).catch(unavailable('links')),
    parts.persistence.client.request('messageUsage', {}).catch(unavailable('persistence')),
  ]);
  const { id, endpointId, name } = own.current.device;
  return {
    device: { id, endpointId, name },
    relays: (switchboard?.relays ?? []).map(({ url, state, rttMs, role, downReason }) => ({
      url,
      state,
      rttMs: rttMs === null ? null : Math.round(rttMs * 100) / 100,
      role,
      downReason,
    })),
    network: networkOf(system),
    store: { problem: system.storeHealth.problem },
    inbox: totalOf(messages?.inbox ?? []),
    peers: peers.list().map((device) => peerReport(device, links?.links ?? [], messages?.outbox ?? [])),
    workers: workersOf(parts),
  };
};

const networkOf = ({ observed, networkInterfaces, own }: System): NetworkReport => {
  const localIps = localIpsOf(networkInterfaces());
  const { hold, nat } = observed.verdict(localIps);
  return {
    observed: observed.list().map(({ address, by, atMs }) => ({ address, by, at: new Date(atMs).toISOString() })),
    nat,
    addressDiscovery: addressDiscoveryOf(own.current, localIps, hold),
  };
};

/** @param offered addresses the endpoint has been told to offer, and did not find itself */
export const addressDiscoveryOf = (
  { addressDiscovery, bound }: Pick<Presence, 'addressDiscovery' | 'bound'>,
  localIps: ReadonlySet<string>,
  offered: readonly SocketAddress[],
): AddressDiscoveryReport | null => {
  if (addressDiscovery === null) return null;
  const addresses = (bound?.directAddresses ?? []).filter(
    (address) => !localIps.has(ipOf(address)) && !offered.includes(address),
  );
  return { relay: addressDiscovery.url, addresses };
};

const totalOf = (usages: readonly MessageUsage[]): MessageTotal => ({
  count: usages.reduce((sum, { count }) => sum + count, 0),
  bytes: usages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
});

const peerReport = (
  device: PeerDevice,
  links: readonly LinkStatus[],
  kept: readonly ({ readonly deviceId: DeviceId } & MessageUsage)[],
): PeerReport => {
  const isOfDevice = ({ deviceId }: { readonly deviceId: DeviceId }): boolean => deviceId === device.id;
  const link = links.find(isOfDevice);
  return {
    id: device.id,
    name: device.name,
    state: link?.state ?? 'offline',
    path: link?.path?.kind ?? null,
    rttMs: link?.rttMs ?? link?.path?.rttMs ?? null,
    waiting: totalOf([...kept.filter(isOfDevice), ...(link === undefined ? [] : [link.unkept])]),
    heldBack: link?.heldBack ?? null,
    since: link === undefined ? null : new Date(link.sinceMs).toISOString(),
  };
};

const workersOf = (parts: HostParts): HostStatus['workers'] => Object.values(parts).map((part) => part.status());
