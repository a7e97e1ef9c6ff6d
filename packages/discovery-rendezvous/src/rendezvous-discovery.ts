import { type Actor, type ActorComponents, type DiscoveryChannel, openSearches } from '@bowline/contracts';
import { type RendezvousDiscoveryOptions, resolveRendezvousDiscoveryOptions } from './options.ts';
import { orderRelays } from './relay-order.ts';
import { RendezvousSearch } from './rendezvous-search.ts';

/**
 * The discovery source that needs nothing but the words: it offers the endpoint both sides derive from the code, on
 * the relays this device knows.
 *
 * The host starts it with the device and ends it with the device; it owns its open searches and their timers. It
 * connects to nothing: whoever hears its candidates dials them.
 *
 * @throws {@link InvalidOptionError} for options that break their rules
 */
export const rendezvousDiscovery = (input: Partial<RendezvousDiscoveryOptions> = {}) => {
  const options = resolveRendezvousDiscoveryOptions(input);

  return (components: ActorComponents<DiscoveryChannel>): Actor<DiscoveryChannel> => {
    const logger = components.logger.child({ component: 'discovery-rendezvous' });
    const { clock, emit } = components;
    const searches = openSearches('rendezvous', ({ searchId, target, timeoutMs }) => {
      const relayUrls = orderRelays(target).slice(0, options.maxRelays);
      if (relayUrls.length === 0) return 'relays are disabled';
      logger.debug({ searchId, relayCount: relayUrls.length }, 'search opened');
      return new RendezvousSearch({
        clock,
        endpointId: target.rendezvousEndpointId,
        relayUrls,
        staggerMs: options.staggerMs,
        timeoutMs,
        tell: (candidate) => emit('candidate.found', { searchId, candidate }),
      });
    });

    return {
      start: async () => searches.start(),
      stop: async () => searches.stop(),
      handlers: { search: (request, { signal }) => searches.search(request, signal) },
    };
  };
};
