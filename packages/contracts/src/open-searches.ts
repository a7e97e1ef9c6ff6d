import { InvalidOptionError } from './bowline-error.ts';
import type { DiscoverySourceName, SearchInput, SearchReport } from './channels/discovery.ts';
import { checkSearchInput } from './check-search-input.ts';

/** One search under way. */
export interface OpenSearch {
  /** @returns how the search ended; it never rejects */
  begin(): Promise<SearchReport>;
  /** Answers now; a second call does nothing. @param summary see {@link SearchReport.summary} */
  end(summary: string): void;
}

/** The searches of a discovery source from its start to its stop. */
export interface OpenSearches {
  start(): void;
  /** Ends them all. */
  stop(): void;
  /** Begins one; it ends with its time, with `stop`, and when it is cancelled. @throws {@link InvalidOptionError} for what no source could carry out, and a `searchId` that is open */
  search(input: SearchInput, signal: AbortSignal): Promise<SearchReport>;
}

/**
 * What discovery sources that search for a while have in common.
 *
 * @param open makes a search, not begun yet; a text says why there is nothing to look for
 */
export const openSearches = (
  source: DiscoverySourceName,
  open: (input: SearchInput) => OpenSearch | string,
): OpenSearches => {
  const searches = new Map<string, OpenSearch>();
  let isRunning = false;
  const forget = (searchId: string, search: OpenSearch): void => {
    if (searches.get(searchId) === search) searches.delete(searchId);
  };
  /** Its id is free at once: who cancels may ask again. */
  const end = (searchId: string, search: OpenSearch, summary: string): void => {
    forget(searchId, search);
    search.end(summary);
  };
  const nothing = (summary: string): SearchReport => ({ source, candidateCount: 0, summary });

  return {
    start: () => {
      isRunning = true;
    },
    stop: () => {
      isRunning = false;
      for (const [searchId, search] of [...searches]) end(searchId, search, 'stopped');
    },
    search: async (input, signal) => {
      checkSearchInput(input);
      const { searchId } = input;
      if (!isRunning) return nothing('not running');
      if (signal.aborted) return nothing('cancelled');
      if (searches.has(searchId)) {
        throw new InvalidOptionError('searchId', 'must differ from that of every open search', searchId);
      }
      const search = open(input);
      if (typeof search === 'string') return nothing(search);
      const cancel = (): void => end(searchId, search, 'cancelled');
      searches.set(searchId, search);
      signal.addEventListener('abort', cancel);
      try {
        return await search.begin();
      } finally {
        forget(searchId, search);
        signal.removeEventListener('abort', cancel);
      }
    },
  };
};
