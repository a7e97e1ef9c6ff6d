import type { PairingSessionId } from '@bowline/contracts';
import { type ClientSessions, clientSessions } from '@bowline/pairing-sessions/client-sessions';
import type { InspectedHost } from './inspected-host.ts';

/** Pairing sessions begun on one page; they end with it. */
export interface PagePairings extends Omit<ClientSessions, 'keep'> {
  /** Words and ticket are secrets until they are used; they are given to the page that asked, and to nobody else. */
  offer(): Promise<{
    readonly sessionId: PairingSessionId;
    readonly words: string;
    readonly ticket: string;
    readonly expiresAtMs: number;
  }>;
  join(code: string): Promise<{ readonly sessionId: PairingSessionId }>;
}

export const pagePairings = (host: InspectedHost): PagePairings => {
  const sessions = clientSessions();
  return {
    offer: async () => {
      const offer = await host.pair({ policy: 'ask' });
      await sessions.keep(offer);
      const { sessionId, words, ticket, expiresAtMs } = offer;
      return { sessionId, words, ticket, expiresAtMs };
    },
    join: async (code) => {
      const session = await host.join(code, { policy: 'ask' });
      await sessions.keep(session);
      return { sessionId: session.sessionId };
    },
    decide: sessions.decide,
    cancel: sessions.cancel,
    end: sessions.end,
  };
};
