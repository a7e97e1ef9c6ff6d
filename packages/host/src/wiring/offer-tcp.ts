import {
  brandAs,
  type Cancel,
  type ConnectionId,
  type DeviceId,
  type EventPayload,
  ipOf,
  type LinksChannel,
  MAX_TCP_ADDRESSES,
  portOf,
  type SocketAddress,
  TCP_FEATURE,
  type TcpDialFailure,
  type TcpLink,
} from '@bowline/contracts';
import { TCP_SHARE_BYTES, tcpKey } from '@bowline/link-protocol';
import { staysOnThisMachine } from '../stays-on-this-machine.ts';
import type { System } from '../system.ts';
import { believedAddresses } from '../tcp/believed-addresses.ts';
import { type DialChoice, dialAddresses, mayBeDialled } from '../tcp/dial-addresses.ts';
import { listeningIps } from '../tcp/listening-ips.ts';

/** Between two dials that one device may ask for, milliseconds. */
const ASKED_INTERVAL_MS = 2_000;

/** For so long a device that asked to be dialled is not asked the same, milliseconds: longer than a dial takes. */
const ASKED_BEFORE_MS = 5_000;

/** Bound to these, a device uses all addresses of their family. */
const UNSPECIFIED: readonly string[] = ['0.0.0.0', '::'];

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
 * link to it is direct, where it says that it listens, on networks that this device is on or where the link goes; whoever names
 * ever more addresses is not believed.
 */
export const offerTcp = (system: System): Cancel => {
  const { parts, own, peers, clock, hub, random, options, identity, inBackground } = system;
  const { links, services, tcp } = parts;
  const lives = new Map<DeviceId, LinkLife>();
  const believed = believedAddresses(() => clock.monotonicMs());
  let listening: readonly SocketAddress[] = [];
  let sent = '';

  const choiceNow = (): DialChoice => {
    const choice = {
      interfaces: system.networkInterfaces(),
      bind: options.bind,
      isPublicAllowed: options.allowsPublicTcp,
      staysOnThisMachine: staysOnThisMachine(system),
    };
    return { ...choice, listenAt: listeningIps(choice) };
  };

  const linkOf = (deviceId: DeviceId, { share, peer }: LinkLife, choice: DialChoice): readonly TcpLink[] => {
    const known = peers.get(deviceId);
    if (known === undefined || peer === null) return [];
    const us = { endpointId: identity.endpointId, share };
    const them = { endpointId: known.device.endpointId, share: peer.share };
    const addresses = dialAddresses(peer.addresses, known.path, choice);
    return [{ deviceId, dialled: tcpKey(us, them), accepted: tcpKey(them, us), addresses }];
  };

  const setLinks = async (): Promise<void> => {
    const choice = choiceNow();
    const list = [...lives].flatMap(([deviceId, life]) => linkOf(deviceId, life, choice));
    const input = {
      links: list,
      listenAt: lives.size > 0 ? choice.listenAt : [],
      dialFrom: options.bind.filter((ip) => !UNSPECIFIED.includes(ip)),
    };
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
    const knowsTcp = features.includes(TCP_FEATURE);
    peers.update(deviceId, { knowsTcp });
    if (!knowsTcp) return;
    const share = random.bytes(TCP_SHARE_BYTES);
    lives.set(deviceId, { connectionId, share, peer: null, askedAtMs: Number.NEGATIVE_INFINITY });
    inBackground('tell tcp', () => tell(deviceId));
    changed();
  };

  const onOffer = ({ deviceId, connectionId, ...offer }: EventPayload<LinksChannel, 'tcp.received'>): void => {
    const life = lives.get(deviceId);
    if (life?.connectionId !== connectionId) return;
    const choice = choiceNow();
    const possible = offer.addresses.filter((address) => mayBeDialled(address, choice));
    // A half is said once; where a device listens may change.
    lives.set(deviceId, {
      ...life,
      peer: { share: life.peer?.share ?? offer.share, addresses: believed.accept(deviceId, possible) },
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

  const onDialFailed = (deviceId: DeviceId, failure: TcpDialFailure | null): void => {
    const life = lives.get(deviceId);
    if (failure !== null)
      inBackground('tell how tcp failed', () => links.client.request('tellTcpFailure', { deviceId, failure }));
    // Whoever has just asked to be dialled cannot dial.
    if (life === undefined || clock.monotonicMs() - life.askedAtMs < ASKED_BEFORE_MS) return;
    inBackground('ask for tcp', () => links.client.request('askTcp', { deviceId }));
  };

  const ended = (deviceId: DeviceId): void => {
    peers.update(deviceId, { knowsTcp: null });
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
        believed.forget(deviceId);
      }
      if (lives.has(deviceId) && before?.path?.remoteAddress !== after?.path?.remoteAddress) changed();
    }),
    own.onChanged(changed),
    hub.on('network.changed', changed),
    tcp.client.on('listening.changed', ({ addresses }) => {
      listening = addresses.slice(0, MAX_TCP_ADDRESSES).map(withoutZone);
      for (const deviceId of lives.keys()) inBackground('tell tcp', () => tell(deviceId));
    }),
    tcp.client.on('dial.failed', ({ deviceId, failure }) => onDialFailed(deviceId, failure)),
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

/** What an interface is called here says nothing to another device. */
const withoutZone = (address: SocketAddress): SocketAddress => {
  const [ip = '', zone] = ipOf(address).split('%', 2);
  return zone === undefined ? address : brandAs<SocketAddress>(`[${ip}]:${portOf(address)}`);
};
