import {
  type AddressDiscoveryRelay,
  type AlpnPolicy,
  type Cancel,
  type EndpointId,
  errorCode,
  errorMessage,
  LINK_ALPN,
  PAIR_ALPN,
  type RelayUrl,
} from '@bowline/contracts';
import { LINK_MAX_FRAME_BYTES } from '@bowline/link-protocol';
import { PAIR_MAX_FRAME_BYTES } from '@bowline/pairing-protocol';
import { PAIRING_SESSIONS_DEFAULTS } from '@bowline/pairing-sessions';
import { retry } from '../retry.ts';
import type { System } from '../system.ts';

/** Twice what pairing itself keeps of strangers: it makes room for a newcomer, and has to see it for that. */
const MAX_INCOMING_PAIRINGS = 2 * PAIRING_SESSIONS_DEFAULTS.maxUnproven;
/** Far above the devices a person has; a duplicate of each may exist for a moment. */
const MAX_INCOMING_LINKS = 1_024;

/** What services take of one device at once, and room for those of them that are being given back. */
const MAX_INCOMING_STREAMS = 320;

const PROTOCOLS: readonly AlpnPolicy[] = [
  { alpn: PAIR_ALPN, admit: 'anyone', maxFrameBytes: PAIR_MAX_FRAME_BYTES, maxIncoming: MAX_INCOMING_PAIRINGS },
  {
    alpn: LINK_ALPN,
    admit: 'listed',
    maxFrameBytes: LINK_MAX_FRAME_BYTES,
    maxIncoming: MAX_INCOMING_LINKS,
    maxStreams: MAX_INCOMING_STREAMS,
  },
];

/**
 * Binds this device's key whenever the endpoint's worker has (re)started, and admits the peer devices to links.
 * When the worker dies, everything that lived on its connections is told at once.
 *
 * A relay that was asked for the address has a login of iroh's own, which cannot be ended: it lasts for a minute after its
 * last datagram (measured: 60.0 s). When the person's choice leaves such a relay out, the key is therefore bound anew.
 */
export const bindEndpoint = ({
  parts,
  own,
  options,
  identity,
  peers,
  clock,
  logger,
  unpaired,
  blocked,
  ...system
}: System): Cancel => {
  const stopping = new AbortController();
  const { endpoint, links } = parts;
  let boundTo: string | null = null;
  let asked: AddressDiscoveryRelay | null = null;
  /** Where iroh may be logged in by itself. */
  let loginsOfIroh = new Set<RelayUrl>();
  const again = retry({ clock, random: system.random });

  const ask = (relay: AddressDiscoveryRelay | null): void => {
    asked = relay;
    if (relay !== null) loginsOfIroh.add(relay.url);
  };

  const bind = async (): Promise<void> => {
    const loopbackRelayUrl = await own.waitFor(({ loopbackUrl }) => loopbackUrl, stopping.signal);
    const { addressDiscovery } = own.current;
    const startedAtMs = clock.monotonicMs();
    await endpoint.client.request('setBlocked', { blocked: endpointIdsOf(blocked.list()) });
    const bound = await endpoint.client.request('bind', {
      secretKey: identity.secretKey,
      protocols: PROTOCOLS,
      loopbackRelayUrl,
      addressDiscovery,
      bindAddresses: options.bind,
      ...(options.port === null ? {} : { port: options.port }),
      admitted: endpointIdsOf(peers.list()),
      unpaired: unpaired.list(),
    });
    boundTo = loopbackRelayUrl;
    loginsOfIroh = new Set();
    ask(addressDiscovery);
    own.update({ bound });
    // Whoever was paired or unpaired in the meantime is not in the lists above.
    await admitDevices({ parts, own, peers, unpaired, blocked });
    const bindMs = Math.round(clock.monotonicMs() - startedAtMs);
    logger.info({ endpointId: bound.endpointId, port: bound.port, bindMs }, 'endpoint bound');
  };

  const dropConnections = async (): Promise<void> => {
    own.update({ bound: null });
    await Promise.all([links.client.request('dropAll', {}), parts.pairing.client.request('dropAll', {})]);
  };

  /** Until it is done the device is out of reach, so it is tried again until it is. */
  const bindAnew = async (): Promise<void> => {
    try {
      await dropConnections();
      await endpoint.client.request('unbind', { endpointId: identity.endpointId });
      await bind();
    } catch (error) {
      if (stopping.signal.aborted) return;
      logger.warn({ code: errorCode(error), reason: errorMessage(error) }, 'endpoint not bound anew yet');
      again.later(bindAgain);
      return;
    }
    again.settle();
    await parts.scheduler.client.request('nudgeAll', { cause: 'networkChange' });
  };

  const bindAgain = (): void => {
    if (own.current.bound === null) system.inBackground('bind anew again', bindAnew);
  };

  const cancels = [
    endpoint.onReady(() => {
      again.settle();
      return bind();
    }),
    endpoint.onStateChanged(({ state }) => {
      if (state === 'crashed') system.inBackground('drop connections', dropConnections);
    }),
    own.onChanged(({ bound, configuredRelayUrls }) => {
      if (bound === null || [...loginsOfIroh].every((url) => configuredRelayUrls.includes(url))) return;
      system.inBackground('leave a relay', bindAnew);
    }),
    endpoint.client.on('endpoint.addressesChanged', (bound) => {
      // What comes after the endpoint was given up is about one that is gone.
      if (own.current.bound !== null && bound.endpointId === identity.endpointId) own.update({ bound });
    }),
    own.onChanged(({ bound, loopbackUrl }) => {
      if (bound === null || loopbackUrl === null || loopbackUrl === boundTo) return;
      boundTo = loopbackUrl;
      const { endpointId } = bound;
      system.inBackground('move to the new loopback relay', () =>
        endpoint.client.request('replaceRelay', { endpointId, loopbackRelayUrl: loopbackUrl }),
      );
    }),
    own.onChanged(({ bound, addressDiscovery: relay }) => {
      if (bound === null || JSON.stringify(relay) === JSON.stringify(asked)) return;
      ask(relay);
      const { endpointId } = bound;
      system.inBackground('discover addresses', () =>
        endpoint.client.request('discoverAddresses', { endpointId, relay }),
      );
    }),
  ];
  return () => {
    stopping.abort(new Error('the host stops'));
    again.cancel();
    for (const cancel of cancels) cancel();
  };
};

const endpointIdsOf = (devices: readonly { readonly endpointId: EndpointId }[]): readonly EndpointId[] =>
  devices.map(({ endpointId }) => endpointId);

/**
 * Lets exactly the paired devices speak the link protocol, those once removed know it, and those that are blocked nothing at
 * all. To be called after every change.
 */
export const admitDevices = async ({
  parts,
  own,
  peers,
  unpaired,
  blocked,
}: Pick<System, 'parts' | 'own' | 'peers' | 'unpaired' | 'blocked'>): Promise<void> => {
  await parts.endpoint.client.request('setBlocked', { blocked: endpointIdsOf(blocked.list()) });
  const endpointId = own.current.bound?.endpointId;
  if (endpointId === undefined) return;
  const admitted = endpointIdsOf(peers.list());
  await parts.endpoint.client.request('setAdmitted', { endpointId, admitted, unpaired: unpaired.list() });
};
