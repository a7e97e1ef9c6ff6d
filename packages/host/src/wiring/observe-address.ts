import {
  type Cancel,
  type ChannelClient,
  type EndpointChannel,
  errorMessage,
  type LinksChannel,
  type RelayObserver,
  type RelaySwitchboardChannel,
  type RelayUrl,
} from '@bowline/contracts';
import { askObserver } from '../ask-observer.ts';
import { localIpsOf } from '../network-fingerprint.ts';
import { askAgainAfterMs, KEEP_MAPPING_MS, LOOK_AGAIN_MS } from '../observed-addresses.ts';
import { offeredAddresses } from '../offered-addresses.ts';
import type { System } from '../system.ts';

/** Observers asked at once: as many as tell a symmetric NAT from others. */
const ASKED_OBSERVERS = 2;

/** What observing needs of the system. */
export interface ObservingSystem
  extends Pick<
    System,
    'clock' | 'hub' | 'inBackground' | 'logger' | 'networkInterfaces' | 'observed' | 'own' | 'random'
  > {
  readonly options: Pick<System['options'], 'isLoopbackOnly'>;
  readonly identity: Pick<System['identity'], 'endpointId'>;
  readonly parts: {
    readonly endpoint: { readonly client: ChannelClient<EndpointChannel> };
    readonly links: { readonly client: Pick<ChannelClient<LinksChannel>, 'on'> };
    readonly switchboard: { readonly client: ChannelClient<RelaySwitchboardChannel> };
  };
}

/**
 * Learns the addresses this device is seen at, from the observers beside its home relay and from linked devices, and
 * has the endpoint offer them to peers as long as they hold. On loopback, and without a relay, nobody is asked.
 */
export const observeAddress = (system: ObservingSystem): Cancel => {
  const { parts, own, observed, options, clock, hub, inBackground, identity, logger } = system;
  if (options.isLoopbackOnly) return () => undefined;
  const { endpoint, links, switchboard } = parts;
  const { endpointId } = identity;
  const offered = offeredAddresses(endpoint.client, endpointId, logger);
  let found: { readonly relayUrl: RelayUrl; readonly observers: readonly RelayObserver[] } | null = null;
  let failures = 0;
  let cancelTimer: Cancel = () => undefined;
  let round = new AbortController();
  let told = JSON.stringify([[], 'unknown']);

  const findObservers = async (relayUrl: RelayUrl): Promise<readonly RelayObserver[] | null> => {
    if (found?.relayUrl === relayUrl && failures === 0) return found.observers;
    const { observers } = await switchboard.client.request('findObservers', { relayUrl });
    found = observers === null ? null : { relayUrl, observers: observers.slice(0, ASKED_OBSERVERS) };
    return found?.observers ?? null;
  };

  /** Answers whether anybody answered; `null` when there is nobody to ask. */
  const askAll = async (signal: AbortSignal): Promise<boolean | null> => {
    const [relayUrl] = own.current.relayUrls;
    if (relayUrl === undefined || own.current.bound === null) return null;
    const observers = await findObservers(relayUrl);
    if (observers === null) return false;
    if (signal.aborted) return null;
    if (observers.length === 0) {
      observed.noteAsked(0, false);
      return null;
    }
    const components = { endpoint: endpoint.client, clock, random: system.random };
    const ask = async (observer: RelayObserver): Promise<boolean> => {
      try {
        const address = await askObserver(endpointId, observer, components, signal);
        observed.note({ address, by: relayUrl, observer: observer.endpointId, atMs: clock.nowMs() });
        return true;
      } catch (error) {
        logger.debug({ relayUrl, reason: errorMessage(error) }, 'observer not asked');
        return false;
      }
    };
    const isAnswered = (await Promise.all(observers.map(ask))).includes(true);
    if (!signal.aborted) observed.noteAsked(observers.length, isAnswered);
    return isAnswered;
  };

  const observe = async (): Promise<void> => {
    const { signal } = round;
    const isAnswered = await askAll(signal);
    if (signal.aborted || isAnswered === null) return;
    failures = isAnswered ? 0 : failures + 1;
    judge();
    const verdict = observed.verdict(localIpsOf(system.networkInterfaces()));
    const againMs = isAnswered ? askAgainAfterMs(verdict, own.current.bound?.port ?? 0) : retryAfterMs(failures);
    cancelTimer = clock.setTimer(againMs, () => inBackground('observe address', observe), { unref: true });
  };

  /** Begins anew: what is under way asks a network, or a relay, that is not used any more. */
  const observeNow = (): void => {
    cancelTimer();
    round.abort();
    round = new AbortController();
    found = null;
    failures = 0;
    inBackground('observe address', observe);
  };

  const judge = (): void => {
    const { hold, nat } = observed.verdict(localIpsOf(system.networkInterfaces()));
    if (own.current.bound !== null) offered.replace(hold);
    const verdict = JSON.stringify([hold, nat]);
    if (verdict === told) return;
    told = verdict;
    logger.info({ addresses: hold, nat }, 'outside addresses changed');
    hub.tell({ event: 'network.observed', addresses: hold, nat });
  };

  const forget = (): void => {
    observed.forget();
    judge();
  };

  const cancels = [
    own.onChanged(({ bound, relayUrls }, previous) => {
      if (bound?.port !== previous.bound?.port) {
        // Another socket: what was seen of the last one says nothing of it.
        forget();
      } else if (relayUrls[0] === previous.relayUrls[0]) return;
      observeNow();
    }),
    switchboard.client.on('relay.stateChanged', ({ url, state }) => {
      // A relay that was away may have come back with another observer, and this device with another address.
      if (state === 'connected' && url === own.current.relayUrls[0]) observeNow();
    }),
    hub.on('network.changed', () => {
      forget();
      observeNow();
    }),
    links.client.on('link.up', ({ deviceId, observedAddress }) => {
      if (observedAddress === null) return;
      observed.note({ address: observedAddress, by: deviceId, observer: deviceId, atMs: clock.nowMs() });
      judge();
    }),
  ];
  return () => {
    cancelTimer();
    round.abort();
    for (const cancel of cancels) cancel();
  };
};

/** Soon at first: UDP may only just have come back; seldom where it is blocked for good, as every try lives 30 s in iroh. */
const retryAfterMs = (failures: number): number => Math.min(LOOK_AGAIN_MS, KEEP_MAPPING_MS * 2 ** (failures - 1));
