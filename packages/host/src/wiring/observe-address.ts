import { askObserver } from '@bowline/address-observation';
import {
  type AddressObservationChannel,
  type Cancel,
  type ChannelClient,
  type DeviceId,
  type EndpointChannel,
  type EventPayload,
  errorMessage,
  type LinksChannel,
  type PeerObservation,
  type RelayObserver,
  type RelaySwitchboardChannel,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { endpointConnections } from '@bowline/endpoint-connections';
import { BoundedMap } from '@bowline/limits';
import type { SupervisedWorker } from '@bowline/supervisor';
import { directPathRetry } from '../direct-path-retry.ts';
import { localIpsOf } from '../network-fingerprint.ts';
import { offeredAddresses } from '../offered-addresses.ts';
import type { System } from '../system.ts';
import { unnoticedAddresses } from '../unnoticed-addresses.ts';

/**
 * After a change of the network until the endpoint must have found its addresses there, milliseconds: iroh waits a quarter of a
 * second for further changes, asks its relay, and is looked at every 0.75 s.
 */
export const NOTICED_WITHIN_MS = 1_000;

/** What an endpoint takes (`setExternalAddresses`). */
export const MAX_OFFERED = 8;

/** Peers whose last word is kept; the one heard longest ago goes first. */
const MAX_PEERS = 16;

/** What observing needs of the system. */
export interface ObservingSystem
  extends Pick<System, 'clock' | 'hub' | 'inBackground' | 'logger' | 'networkInterfaces' | 'own' | 'peers' | 'random'> {
  readonly options: Pick<System['options'], 'bind' | 'isLoopbackOnly'>;
  readonly identity: Pick<System['identity'], 'endpointId'>;
  readonly parts: {
    readonly observation: Pick<SupervisedWorker<AddressObservationChannel>, 'client' | 'onReady'>;
    readonly endpoint: { readonly client: ChannelClient<EndpointChannel> };
    readonly links: { readonly client: Pick<ChannelClient<LinksChannel>, 'on'> };
    readonly switchboard: { readonly client: ChannelClient<RelaySwitchboardChannel> };
  };
}

/**
 * Keeps the address observation told of where this device stands and what peers see, does what it says is due, and has the
 * endpoint offer what follows to peers; again and again while a device is linked by a relay. A device that stays on this machine
 * asks nobody.
 *
 * iroh may miss that the network has changed: it looks by itself every 20 to 26 s. What it has not found is therefore offered like
 * what others see, by which it looks, too.
 */
export const observeAddress = (system: ObservingSystem): Cancel => {
  const { parts, own, peers, options, clock, hub, inBackground, identity, logger } = system;
  if (options.isLoopbackOnly) return () => undefined;
  const { observation, endpoint, links, switchboard } = parts;
  const { endpointId } = identity;
  const connections = endpointConnections({ ...system, endpoint: endpoint.client });
  const offered = offeredAddresses({ ...system, endpoint: endpoint.client, endpointId });
  const directPath = directPathRetry({ ...system, tryNow: () => offered.renew() });
  const seenByPeers = new BoundedMap<DeviceId, PeerObservation>(MAX_PEERS);
  let network = 0;
  let asking = new AbortController();
  let told: EventPayload<AddressObservationChannel, 'verdict.changed'> = { addresses: [], nat: 'unknown' };
  /** Of this machine, where the endpoint has not found itself. */
  let unnoticed: readonly SocketAddress[] = [];
  let cancelNotice: Cancel = () => undefined;

  const tellStanding = (): Promise<void> =>
    observation.client.request('setStanding', {
      network,
      port: own.current.bound?.port ?? null,
      localIps: [...localIpsOf(system.networkInterfaces())],
      homeRelayUrl: own.current.relayUrls[0] ?? null,
      seenByPeers: [...seenByPeers.values()],
    });
  const tell = (): void => inBackground('observe address', tellStanding);

  /** Another network, or another socket: what was seen of the last one says nothing of it. */
  const forget = (): void => {
    network += 1;
    seenByPeers.clear();
    asking.abort(new Error('the network changed'));
    asking = new AbortController();
  };

  const offer = (): void => {
    if (own.current.bound !== null)
      offered.replace([...new Set([...told.addresses, ...unnoticed])].slice(0, MAX_OFFERED));
  };

  const findUnnoticed = (): void => {
    const { bound } = own.current;
    // Bound to some addresses, it is not at the others.
    if (bound === null || options.bind.length > 0) return;
    const missing = unnoticedAddresses(system.networkInterfaces(), bound);
    if (missing.length === 0) return;
    logger.info({ addresses: missing }, 'endpoint has not noticed its addresses');
    unnoticed = missing;
    offer();
  };

  /** What was offered in another network is taken back at once. */
  const findUnnoticedLater = (): void => {
    cancelNotice();
    if (unnoticed.length > 0) {
      unnoticed = [];
      offer();
    }
    cancelNotice = clock.setTimer(NOTICED_WITHIN_MS, findUnnoticed, { unref: true });
  };

  const findObservers = async (relayUrl: RelayUrl): Promise<readonly RelayObserver[] | null> => {
    try {
      return (await switchboard.client.request('findObservers', { relayUrl })).observers;
    } catch (error) {
      logger.debug({ relayUrl, reason: errorMessage(error) }, 'relay not asked for its observers');
      return null;
    }
  };

  const ask = async (relayUrl: RelayUrl, observer: RelayObserver): Promise<SocketAddress | null> => {
    try {
      return await askObserver({ from: endpointId, observer }, { connections, clock }, { signal: asking.signal });
    } catch (error) {
      logger.debug({ relayUrl, reason: errorMessage(error) }, 'observer not asked');
      return null;
    }
  };

  const cancels = [
    observation.onReady(tellStanding),
    observation.client.on('search.due', ({ relayUrl }) =>
      inBackground('find observers', async () => {
        const observers = await findObservers(relayUrl);
        await observation.client.request('setObservers', { relayUrl, observers });
      }),
    ),
    observation.client.on('ask.due', ({ askId, relayUrl, observer }) =>
      inBackground('ask observer', async () => {
        const address = await ask(relayUrl, observer);
        await observation.client.request('noteAnswer', { askId, address });
      }),
    ),
    observation.client.on('verdict.changed', (verdict) => {
      const isSame = JSON.stringify(verdict) === JSON.stringify(told);
      told = verdict;
      offer();
      // One that was started again tells its first verdict, whatever was told before.
      if (isSame) return;
      directPath.startOver();
      hub.tell({ event: 'network.observed', ...verdict });
    }),
    own.onChanged(({ bound, relayUrls }, previous) => {
      if (bound === null) offered.replace(null);
      const isOtherSocket = bound?.port !== previous.bound?.port;
      if (isOtherSocket) {
        forget();
        unnoticed = [];
      }
      if (isOtherSocket || relayUrls[0] !== previous.relayUrls[0]) tell();
    }),
    switchboard.client.on('relay.stateChanged', ({ url, state }) => {
      // A relay that was away may have come back with another observer, and this device with another address.
      if (state !== 'connected' || url !== own.current.relayUrls[0]) return;
      inBackground('observe address', () => observation.client.request('lookAgain', {}));
    }),
    hub.on('network.changed', () => {
      forget();
      tell();
      findUnnoticedLater();
    }),
    links.client.on('link.up', ({ deviceId, observedAddress: address }) => {
      if (address === null) return;
      seenByPeers.set(deviceId, { deviceId, address, seenAtMs: clock.nowMs() });
      tell();
    }),
    peers.onChanged(({ deviceId, before, after }) => {
      if (after === undefined && seenByPeers.delete(deviceId)) tell();
      directPath.setRelayed(deviceId, after?.link === 'up' && after.path?.kind === 'relay');
      if (after !== undefined && after.device.directAddresses !== before?.device.directAddresses)
        directPath.startOver();
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
    asking.abort(new Error('the host stops'));
    cancelNotice();
    directPath.cancel();
    offered.cancel();
    connections.stop();
  };
};
