import {
  type Actor,
  type ActorComponents,
  type DiscoveryChannel,
  type HostPort,
  openSearches,
  parseHostPort,
} from '@bowline/contracts';
import { AddressSearch } from './address-search.ts';
import { type ResolveHost, resolveHost } from './resolve-host.ts';

export type { ResolveHost } from './resolve-host.ts';

/** What the address source needs; the last stands in for the machine in tests. */
export interface AddressDiscoveryComponents extends ActorComponents<DiscoveryChannel> {
  /** Asks the machine for the addresses of a host. @defaultValue `dns.lookup` */
  readonly resolveHost?: ResolveHost;
}

/**
 * The discovery source for a network without multicast: it offers the endpoint both sides derive from the code at each
 * `HOST:PORT` among the hints of a search, and leaves other hints to other sources.
 *
 * The host starts it with the device and ends it with the device; it owns its open searches and their timers. A name is
 * looked up again until it is known or the time is over, because a network may come up later than the person types. What
 * answers at an address is not believed: the handshake decides.
 */
export const addressDiscovery =
  () =>
  (components: AddressDiscoveryComponents): Actor<DiscoveryChannel> => {
    const { clock, emit } = components;
    const logger = components.logger.child({ component: 'discovery-address' });
    const searches = openSearches('address', ({ searchId, target, timeoutMs }) => {
      const places = placesIn(target.hints ?? []);
      if (places.length === 0) return 'not given';
      logger.debug({ searchId, placeCount: places.length }, 'search opened');
      return new AddressSearch({
        clock,
        endpointId: target.rendezvousEndpointId,
        places,
        timeoutMs,
        resolveHost: components.resolveHost ?? resolveHost,
        tell: (candidate) => emit('candidate.found', { searchId, candidate }),
      });
    });

    return {
      start: async () => searches.start(),
      stop: async () => searches.stop(),
      handlers: { search: (request, { signal }) => searches.search(request, signal) },
    };
  };

const placesIn = (hints: readonly string[]): readonly HostPort[] =>
  [...new Set(hints)].map(parseHostPort).filter((place) => place !== undefined);
