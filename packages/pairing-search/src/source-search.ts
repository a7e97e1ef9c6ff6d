import { type DiscoverySource, errorMessage, type Logger, type SearchTarget } from '@bowline/contracts';
import { type CandidateSearchComponents, type CandidateSearchOptions, candidateSearch } from './candidate-search.ts';
import { type SearchFindings, searchRecord } from './search-record.ts';

/** How long a handshake whose other side has proven the code may outlast the search, milliseconds. */
const PROOF_GRACE_MS = 5_000;

/** When the time is over, the sources have this long to hand in their reports, milliseconds. */
const REPORT_GRACE_MS = 500;

export interface SourceSearchInput<Circumstances> extends Pick<CandidateSearchOptions, 'pauses' | 'selfId'> {
  /** Names the search to the sources. */
  readonly searchId: string;
  readonly target: SearchTarget;
  /** Asked all at once; reported in this order. */
  readonly sources: readonly DiscoverySource[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Asked when the search comes to nothing, while hints still stand; a handshake that ends meanwhile wins all the same. */
  readonly lookAround: () => Promise<Circumstances>;
}

/** How a search ended. */
export type SourceSearchEnd<Decision, Circumstances> =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'nobody'; readonly findings: SearchFindings; readonly circumstances: Circumstances };

/**
 * Asks all sources at once and follows every candidate until one decides the search. It ends early when every source has
 * given up and nothing is under way. Never rejects but with what `lookAround` rejects with.
 */
export const sourceSearch = async <Decision, Circumstances>(
  components: CandidateSearchComponents<Decision> & { readonly logger: Logger },
  input: SourceSearchInput<Circumstances>,
): Promise<SourceSearchEnd<Decision, Circumstances>> => {
  const { clock, logger } = components;
  const { searchId, target, sources, timeoutMs, signal } = input;
  const record = searchRecord(sources.map(({ name }) => name));
  const over = Promise.withResolvers<null>();
  const stop = new AbortController();
  const running = AbortSignal.any([signal, stop.signal]);
  let isTimeOver = false;
  const checkIdle = (): void => {
    const isNothingLeft = isTimeOver ? !search.hasProof() : !search.isActive();
    if (record.isComplete() && isNothingLeft) over.resolve(null);
  };
  const search = candidateSearch(components, { ...input, onFailed: record.noteFailure, onChanged: checkIdle });

  const ask = async ({ name, client }: DiscoverySource): Promise<void> => {
    const limits = { signal: running, deadlineMs: timeoutMs + PROOF_GRACE_MS };
    try {
      record.noteReport(name, await client.request('search', { searchId, target, timeoutMs }, limits));
    } catch (error) {
      if (running.aborted) return;
      logger.warn({ source: name, error: errorMessage(error) }, 'source could not search');
      record.noteReport(name, { summary: 'the source is not working on this device' });
    }
    checkIdle();
  };

  const listen = (source: DiscoverySource): (() => void) =>
    source.client.on('candidate.found', ({ searchId: foundBy, candidate }) => {
      if (foundBy !== searchId) return;
      record.noteCandidate(source.name, candidate);
      search.follow(candidate, source);
    });

  const cancels = sources.map(listen);
  const endTime = (): void => {
    isTimeOver = true;
    cancels.push(clock.setTimer(search.hasProof() ? PROOF_GRACE_MS : REPORT_GRACE_MS, () => over.resolve(null)));
    checkIdle();
  };
  cancels.push(clock.setTimer(timeoutMs, endTime));
  const abort = (): void => search.end();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  for (const source of sources) void ask(source);
  checkIdle();

  try {
    const decision = await Promise.race([search.decided, over.promise]);
    if (decision !== null) return { kind: 'decided', decision };
    if (signal.aborted) return { kind: 'cancelled' };
    const lookingAround = input.lookAround();
    await Promise.race([search.decided, lookingAround]);
    search.end();
    const late = await search.decided;
    if (late !== null) return { kind: 'decided', decision: late };
    return { kind: 'nobody', findings: record.findings(), circumstances: await lookingAround };
  } finally {
    signal.removeEventListener('abort', abort);
    for (const cancel of cancels) cancel();
    stop.abort();
    search.end();
  }
};
