import type { ServerResponse } from 'node:http';
import { type Cancel, type Clock, errorMessage, type Logger } from '@bowline/contracts';
import { eventStream } from './event-stream.ts';
import type { InspectedHost } from './inspected-host.ts';
import { type PagePairings, pagePairings } from './page-pairings.ts';
import { transitionStream } from './transition-stream.ts';

/** The pages that are open: an event stream for each, and the pairings it began. */
export interface PageSessions {
  /** The pairings of a session; they end when its last stream does. */
  pairingsOf(session: string): PagePairings;
  /** Sends events of the host until the page goes. @returns `false`, and sends nothing, where too many are open */
  openStream(session: string, response: ServerResponse): boolean;
  /** Sends transitions of the host's machines until the page looks elsewhere. Answers as `openStream` does. */
  openTransitions(response: ServerResponse): boolean;
  /** Ends every stream. */
  close(): void;
}

/** Far more pages than a person looks at. */
const MAX_STREAMS = 16;

export const pageSessions = (
  host: InspectedHost,
  { clock, logger, refreshMs }: { readonly clock: Clock; readonly logger: Logger; readonly refreshMs: number },
): PageSessions => {
  const streams = new Map<Cancel, string>();
  const transitions = new Set<Cancel>();
  const pairings = new Map<string, PagePairings>();

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
    openStream: (session, response) => {
      if (streams.size >= MAX_STREAMS) return false;
      const cancel = eventStream(response, { host, clock, refreshMs }, () => {
        streams.delete(cancel);
        onEnd(session);
      });
      streams.set(cancel, session);
      return true;
    },
    openTransitions: (response) => {
      if (transitions.size >= MAX_STREAMS) return false;
      const cancel = transitionStream(response, host, () => transitions.delete(cancel));
      transitions.add(cancel);
      return true;
    },
    close: () => {
      for (const cancel of [...transitions]) cancel();
      for (const cancel of [...streams.keys()]) cancel();
    },
  };
};
