import { isIPv6 } from 'node:net';
import {
  addressScopeOf,
  type Cancel,
  type ConnectionId,
  type ConnectionPath,
  type DeviceId,
  type EventPayload,
  ipOf,
  type LinksChannel,
  MAX_TCP_ADDRESSES,
  type SocketAddress,
  TCP_FEATURE,
  type TcpLink,
} from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import { TCP_SHARE_BYTES, tcpKey } from '@bowline/link-protocol';
import { pathScopeOf } from '../diagnosis/path-scope.ts';
import { toldAddresses } from '../peers/told-addresses.ts';
import { staysOnThisMachine } from '../stays-on-this-machine.ts';
import type { System } from '../system.ts';

/** Between two dials that one device may ask for, milliseconds. */
const ASKED_INTERVAL_MS = 2_000;

/** IP addresses that are remembered of one device. */
const MAX_BELIEVED_IPS = 32;

/** For so long a device that asked to be dialled is not asked the same, milliseconds: longer than a dial takes. */
const ASKED_BEFORE_MS = 5_000;

/** What is known of TCP connections with one device, for as long as one link lasts. */
interface LinkLife {
  readonly connectionId: ConnectionId;
  readonly share: Uint8Array;
  readonly peer: { readonly share: Uint8Array; readonly addresses: readonly SocketAddress[] } | null;
  /** When the device asked last to be dialled; monotonic. */
  readonly askedAtMs: number;
}

/**
 * TCP connections beside the links, all of it: every link has keys of its own, which both sides have a half in, told on the
 * link and nowhere else; the transport knows the links that have them, and where to dial. A device is dialled only while the
 * link to it is direct, where it says that it listens, on networks that this device is on; whoever names ever more
 * addresses is not believed.
 */
export const offerTcp = (system: System): Cancel => {
  const { parts, own, peers, clock, random, options, identity, inBackground } = system;
  const { links, services, tcp } = parts;
  const lives = new Map<DeviceId, LinkLife>();
  const told = toldAddresses({
    monotonicMs: () => clock.monotonicMs(),
    allowsThisMachine: () => staysOnThisMachine(system),
  });
  /** The IP addresses that each device was believed; ports are new ones all the time. */
  const believedIps = new Map<DeviceId, BoundedMap<string, true>>();
  let listening: readonly SocketAddress[] = [];
  let sent = '';

  /** On every usable interface, but for those that face the internet. */
  const listenAt = (): readonly string[] => {
    const isLocal = staysOnThisMachine(system);
    const interfaces = Object.values(system.networkInterfaces()).flatMap((each) => each ?? []);
    const usable = interfaces
      .map(({ address }) => address)
      .filter((ip) => isBound(ip, options.bind))
      .filter((ip) => addressScopeOf(ip) === (isLocal ? 'machine' : 'private'));
    return [...new Set(usable)].slice(0, MAX_TCP_ADDRESSES);
  };

  const believed = (deviceId: DeviceId, addresses: readonly SocketAddress[]): readonly SocketAddress[] => {
    const ips = believedIps.get(deviceId) ?? new BoundedMap<string, true>(MAX_BELIEVED_IPS);
    believedIps.set(deviceId, ips);
    return addresses.filter((address) => {
      const ip = ipOf(address);
      const isBelieved = ips.has(ip) || told.accept(deviceId, [address], []).length > 0;
      if (isBelieved) ips.set(ip, true);
      return isBelieved;
    });
  };

  /** Where the link's own path goes, or on a network that this device is on; a device that stays here has but this machine. */
  const isNear = (address: SocketAddress, path: ConnectionPath | null): boolean => {
    if (path?.kind !== 'direct' || path.remoteAddress === null) return false;
    const ip = ipOf(address);
    if (addressScopeOf(ip) === 'internet') return false;
    const scope = pathScopeOf(ip, system.networkInterfaces());
    return ip === ipOf(path.remoteAddress) || scope === 'lan' || (scope === 'loopback' && staysOnThisMachine(system));
  };

  const linkOf = (deviceId: DeviceId, { share, peer }: LinkLife): readonly TcpLink[] => {
    const known = peers.get(deviceId);
    if (known === undefined || peer === null) return [];
    const us = { endpointId: identity.endpointId, share };
    const them = { endpointId: known.device.endpointId, share: peer.share };
    const addresses = peer.addresses.filter((address) => isNear(address, known.path));
    return [{ deviceId, dialled: tcpKey(us, them), accepted: tcpKey(them, us), addresses }];
  };

  const setLinks = async (): Promise<void> => {
    const list = [...lives].flatMap(([deviceId, life]) => linkOf(deviceId, life));
    const input = { links: list, listenAt: lives.size > 0 ? listenAt() : [] };
    // The identity of a key stands for it.
    const news = JSON.stringify(input, (field, value) => (field === 'secret' ? undefined : value));
    if (news === sent) return;
    sent = news;
    try {
      await tcp.client.request('setLinks', input);
    } catch (error) {
      sent = '';
      throw error;
    }
  };
  const changed = (): void => inBackground('tell tcp links', setLinks);

  const tell = async (deviceId: DeviceId): Promise<void> => {
    const life = lives.get(deviceId);
    if (life === undefined) return;
    const { connectionId, share } = life;
    await links.client.request('tellTcp', { deviceId, connectionId, share, addresses: listening });
  };

  const onFeatures = ({ deviceId, connectionId, features }: EventPayload<LinksChannel, 'features.received'>): void => {
    if (!features.includes(TCP_FEATURE)) return;
    const share = random.bytes(TCP_SHARE_BYTES);
    lives.set(deviceId, { connectionId, share, peer: null, askedAtMs: Number.NEGATIVE_INFINITY });
    inBackground('tell tcp', () => tell(deviceId));
    changed();
  };

  const onOffer = ({ deviceId, connectionId, ...offer }: EventPayload<LinksChannel, 'tcp.received'>): void => {
    const life = lives.get(deviceId);
    if (life?.connectionId !== connectionId) return;
    // A half is said once; where a device listens may change.
    lives.set(deviceId, {
      ...life,
      peer: { share: life.peer?.share ?? offer.share, addresses: believed(deviceId, offer.addresses) },
    });
    changed();
  };

  const onAsked = (deviceId: DeviceId): void => {
    const life = lives.get(deviceId);
    const nowMs = clock.monotonicMs();
    if (life === undefined || nowMs - life.askedAtMs < ASKED_INTERVAL_MS) return;
    lives.set(deviceId, { ...life, askedAtMs: nowMs });
    // One that fails is told by the transport, and whoever asked knows soon enough.
    tcp.client.request('connect', { deviceId }).catch(() => undefined);
  };

  const onDialFailed = (deviceId: DeviceId): void => {
    const life = lives.get(deviceId);
    // Whoever has just asked to be dialled cannot dial.
    if (life === undefined || clock.monotonicMs() - life.askedAtMs < ASKED_BEFORE_MS) return;
    inBackground('ask for tcp', () => links.client.request('askTcp', { deviceId }));
  };

  const ended = (deviceId: DeviceId): void => {
    if (lives.delete(deviceId)) changed();
  };

  if (!options.tcp) return () => undefined;
  const cancels = [
    links.client.on('link.up', ({ deviceId }) => ended(deviceId)),
    links.client.on('link.down', ({ deviceId }) => ended(deviceId)),
    links.client.on('features.received', onFeatures),
    links.client.on('tcp.received', onOffer),
    links.client.on('tcp.asked', ({ deviceId }) => onAsked(deviceId)),
    peers.onChanged(({ deviceId, before, after }) => {
      if (after === undefined) {
        told.forget(deviceId);
        believedIps.delete(deviceId);
      }
      if (lives.has(deviceId) && before?.path?.remoteAddress !== after?.path?.remoteAddress) changed();
    }),
    own.onChanged(changed),
    tcp.client.on('listening.changed', ({ addresses }) => {
      listening = addresses.slice(0, MAX_TCP_ADDRESSES);
      for (const deviceId of lives.keys()) inBackground('tell tcp', () => tell(deviceId));
    }),
    tcp.client.on('dial.failed', ({ deviceId }) => onDialFailed(deviceId)),
    tcp.onReady(() => {
      sent = '';
      return setLinks();
    }),
    tcp.onStateChanged(({ state }) => {
      if (state === 'crashed') inBackground('drop tcp', () => services.client.request('dropTcp', {}));
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};

/** Whether a device with these addresses to bind uses one of this machine. */
const isBound = (ip: string, bind: readonly string[]): boolean =>
  bind.length === 0 || bind.some((each) => each === ip || each === (isIPv6(ip) ? '::' : '0.0.0.0'));
