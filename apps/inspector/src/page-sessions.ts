import type { ServerResponse } from 'node:http';
import { type Cancel, errorMessage, type Logger } from '@bowline/contracts';
import type { AccessTokens } from './access-tokens.ts';
import { type EventStreamComponents, eventStream } from './event-stream.ts';
import type { InspectedHost } from './inspected-host.ts';
import { type PagePairings, pagePairings } from './page-pairings.ts';
import { transitionStream } from './transition-stream.ts';

/** The pages that are open: an event stream for each, and the pairings it began. */
export interface PageSessions {
  /** The pairings of a session; they end when its last stream does. */
  pairingsOf(session: string): PagePairings;
  /** Sends events of the host, from the one the page had last, until it goes. @returns `false`, and sends nothing, where too many are open */
  openStream(session: string, response: ServerResponse, afterId: string | null): boolean;
  /** Sends transitions of the host's machines until the page looks elsewhere. Answers as `openStream` does. */
  openTransitions(response: ServerResponse): boolean;
  /** Ends every stream. */
  close(): void;
}

/**
 * Streams of all pages together. A browser has six connections to one server, for all its tabs: when streams take them all,
 * whatever a person asks for waits for ever, and nothing says so.
 */
export const MAX_STREAMS = 5;

/** What pages are served from. */
interface SessionComponents extends Omit<EventStreamComponents, 'host'> {
  readonly logger: Logger;
  readonly tokens: Pick<AccessTokens, 'hold'>;
}

export const pageSessions = (
  host: InspectedHost,
  { logger, tokens, ...components }: SessionComponents,
): PageSessions => {
  const streams = new Map<Cancel, string>();
  const transitions = new Set<Cancel>();
  const pairings = new Map<string, PagePairings>();

  const isFull = (): boolean => streams.size + transitions.size >= MAX_STREAMS;

  const pairingsOf = (session: string): PagePairings => {
    const known = pairings.get(session) ?? pagePairings(host);
    pairings.set(session, known);
    return known;
  };

  const onEnd = (session: string): void => {
    if ([...streams.values()].includes(session)) return;
    const left = pairings.get(session);
    pairings.delete(session);
    left?.end().catch((error: unknown) => logger.debug({ reason: errorMessage(error) }, 'pairing ended late'));
  };

  return {
    pairingsOf,
    openStream: (session, response, afterId) => {
      if (isFull()) return false;
      const release = tokens.hold(session);
      const cancel = eventStream(response, { host, logger, ...components }, afterId, () => {
        streams.delete(cancel);
        release();
        onEnd(session);
      });
      streams.set(cancel, session);
      return true;
    },
    openTransitions: (response) => {
      if (isFull()) return false;
      const cancel = transitionStream(response, host, () => transitions.delete(cancel));
      transitions.add(cancel);
      return true;
    },
    close: () => {
      for (const cancel of [...transitions]) cancel();
      for (const cancel of [...streams.keys()]) cancel();
      components.told.stop();
    },
  };
};
