import {
  type Actor,
  type ActorComponents,
  checkSearchInput,
  type DiscoveryChannel,
  type HostPort,
  InvalidOptionError,
  parseHostPort,
  type SearchInput,
  type SearchReport,
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
    const searches = new Map<string, AddressSearch>();
    let isRunning = false;

    const search = async ({ searchId, target, timeoutMs }: SearchInput, signal: AbortSignal): Promise<SearchReport> => {
      const places = placesIn(target.hints ?? []);
      if (places.length === 0) return emptyReport('not given');
      const open = new AddressSearch({
        clock,
        endpointId: target.rendezvousEndpointId,
        places,
        timeoutMs,
        resolveHost: components.resolveHost ?? resolveHost,
        tell: (candidate) => emit('candidate.found', { searchId, candidate }),
        onEnd: () => searches.delete(searchId),
      });
      searches.set(searchId, open);
      const cancel = () => open.end('cancelled');
      signal.addEventListener('abort', cancel);
      logger.debug({ searchId, placeCount: places.length }, 'search opened');
      const report = await open.begin();
      signal.removeEventListener('abort', cancel);
      return report;
    };

    return {
      start: async () => {
        isRunning = true;
      },
      stop: async () => {
        isRunning = false;
        for (const open of searches.values()) open.end('stopped');
      },
      handlers: {
        search: async (request, { signal }) => {
          checkSearchInput(request);
          if (!isRunning) return emptyReport('not running');
          if (signal.aborted) return emptyReport('cancelled');
          if (searches.has(request.searchId)) {
            throw new InvalidOptionError('searchId', 'must differ from that of every open search', request.searchId);
          }
          return search(request, signal);
        },
      },
    };
  };

const emptyReport = (summary: string): SearchReport => ({ source: 'address', candidateCount: 0, summary });

const placesIn = (hints: readonly string[]): readonly HostPort[] =>
  [...new Set(hints)].map(parseHostPort).filter((place) => place !== undefined);
