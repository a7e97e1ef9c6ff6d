import {
  type Actor,
  type ActorComponents,
  checkSearchInput,
  type DiscoveryChannel,
  InvalidOptionError,
  type SearchInput,
  type SearchReport,
} from '@bowline/contracts';
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
    const searches = new Map<string, RendezvousSearch>();
    let isRunning = false;

    const search = async (request: SearchInput, signal: AbortSignal): Promise<SearchReport> => {
      const { searchId, target, timeoutMs } = request;
      const relayUrls = orderRelays(target).slice(0, options.maxRelays);
      if (relayUrls.length === 0) return emptyReport('relays are disabled');
      const open = new RendezvousSearch({
        clock: components.clock,
        endpointId: target.rendezvousEndpointId,
        relayUrls,
        staggerMs: options.staggerMs,
        timeoutMs,
        tell: (candidate) => components.emit('candidate.found', { searchId, candidate }),
        onEnd: () => searches.delete(searchId),
      });
      searches.set(searchId, open);
      const cancel = () => open.end('cancelled');
      signal.addEventListener('abort', cancel);
      logger.debug({ searchId, relayCount: relayUrls.length }, 'search opened');
      const report = await open.begin();
      signal.removeEventListener('abort', cancel);
      logger.debug({ searchId, candidateCount: report.candidateCount }, 'search ended');
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
};

const emptyReport = (summary: string): SearchReport => ({ source: 'rendezvous', candidateCount: 0, summary });
