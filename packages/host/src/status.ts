import {
  type AddressDiscoveryReport,
  type DeviceBytes,
  type DeviceReport,
  type HostStatus,
  ipOf,
  type MdnsReport,
  type MessageTotal,
  type MessageUsage,
  type NetworkReport,
  type SeenReport,
  type SocketAddress,
} from '@bowline/contracts';
import { localIpsOf } from './network-fingerprint.ts';
import { outerFamiliesOf } from './outer-families.ts';
import type { OwnReachability } from './own-presence.ts';
import type { Peer } from './peers/peer.ts';
import { readSeenReport } from './seen-report.ts';
import { toldProblem } from './store-health.ts';
import type { HostParts, System } from './system.ts';
import { tcpReport } from './tcp/tcp-report.ts';
import { type TcpSources, tcpWithDevice } from './tcp/tcp-with-device.ts';
import { WORKER_PATIENCE } from './worker-patience.ts';

/**
 * A link nobody uses is asked every second or two, by its endpoint. Who looks at the status wants to know now: what was silent for
 * longer than this, or is left to the endpoint, is asked, and is no longer called connected some 1.5 s later. Costs a ping for each look, and nothing where nobody looks.
 */
const HEARD_WITHIN_MS = 1_000;

/** Everything about the running device now. A worker that is being restarted counts as having nothing to say. */
export const readStatus = async (system: System): Promise<HostStatus> => {
  const { parts, own, peers, logger } = system;
  const unavailable = (worker: string) => (error: unknown) => {
    logger.debug({ worker, reason: String(error) }, 'worker left out of the status');
    return null;
  };
  const [switchboard, links, tcp, messages, seen, bytes] = await Promise.all([
    parts.switchboard.client.request('status', {}, WORKER_PATIENCE).catch(unavailable('relay-switchboard')),
    parts.links.client
      .request('status', { heardWithinMs: HEARD_WITHIN_MS }, WORKER_PATIENCE)
      .catch(unavailable('links')),
    parts.tcp.client.request('status', {}, WORKER_PATIENCE).catch(unavailable('tcp-transport')),
    parts.persistence.client.request('messageUsage', {}, WORKER_PATIENCE).catch(unavailable('persistence')),
    readSeenReport(system),
    system.bytes.read(),
  ]);
  const { id, endpointId, name } = own.current.device;
  const linkOf = new Map((links?.links ?? []).map((link) => [link.deviceId, link]));
  const keptFor = new Map((messages?.outbox ?? []).map((usage) => [usage.deviceId, usage]));
  return {
    device: { id, endpointId, name },
    relays: (switchboard?.relays ?? []).map(({ url, state, rttMs, role, downReason }) => ({
      url,
      state,
      rttMs: rttMs === null ? null : Math.round(rttMs * 100) / 100,
      role,
      downReason,
    })),
    homeReason: system.own.current.homeReason,
    network: networkOf(system, seen, tcp?.listeningAt ?? []),
    store: { key: system.storeHealth.key, problem: toldProblem(system.storeHealth) },
    inbox: totalOf(messages?.inbox ?? []),
    peers: Array.from(peers.peers(), (peer) =>
      deviceReport(peer, keptFor.get(peer.device.id), bytes(peer.device.id), {
        link: linkOf.get(peer.device.id),
        tcp,
        isTcpOn: system.options.tcp,
        nowMs: system.clock.nowMs(),
      }),
    ),
    workers: workersOf(parts),
  };
};

const networkOf = (
  system: System,
  { observed, addresses, nat }: SeenReport,
  tcpAt: readonly SocketAddress[],
  interfaces = system.networkInterfaces(),
): NetworkReport => ({
  families: outerFamiliesOf(interfaces),
  observed,
  nat,
  addressDiscovery: addressDiscoveryOf(system.own.current, localIpsOf(interfaces), addresses),
  mdns: mdnsReport(system),
  openedPort: system.condition.openedPort,
  tcp: tcpReport(system.options, tcpAt),
});

/** Whether devices on the local network are found, as far as it is wanted. */
export const mdnsReport = ({ options, condition }: Pick<System, 'options' | 'condition'>): MdnsReport => {
  if (!options.mdns) return { state: 'off', problem: null };
  return { state: condition.mdnsProblem === null ? 'works' : 'failing', problem: condition.mdnsProblem };
};

/** @param offered addresses the endpoint has been told to offer, and did not find itself */
export const addressDiscoveryOf = (
  { addressDiscovery, bound }: Pick<OwnReachability, 'addressDiscovery' | 'bound'>,
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

const deviceReport = (
  peer: Peer,
  kept: MessageUsage | undefined,
  bytes: DeviceBytes,
  sources: Omit<TcpSources, 'peer'>,
): DeviceReport => {
  const { device, relayUrl } = peer;
  const { link } = sources;
  return {
    id: device.id,
    name: device.name,
    state: link?.state ?? 'offline',
    path: link?.path?.kind ?? null,
    relay: relayUrl,
    rttMs: link?.rttMs ?? link?.path?.rttMs ?? null,
    ...tcpWithDevice({ ...sources, peer }),
    bytes,
    waiting: totalOf([kept, link?.unkept].filter((usage) => usage !== undefined)),
    heldBack: link?.heldBack ?? null,
    sinceMs: link?.sinceMs ?? null,
  };
};

const workersOf = (parts: HostParts): HostStatus['workers'] =>
  Object.values(parts)
    .flat()
    .map((part) => part.status());
