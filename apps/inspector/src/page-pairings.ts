import type { PairingSessionId } from '@bowline/contracts';
import type { PairingSession } from '@bowline/host';
import type { InspectedHost } from './inspected-host.ts';

/** Pairing sessions begun on one page; they end with it. */
export interface PagePairings {
  /** Words and ticket are secrets until they are used; they are given to the page that asked, and to nobody else. */
  offer(): Promise<{
    readonly sessionId: PairingSessionId;
    readonly words: string;
    readonly ticket: string;
    readonly expiresAtMs: number;
  }>;
  join(code: string): Promise<{ readonly sessionId: PairingSessionId }>;
  decide(decision: {
    readonly sessionId: PairingSessionId;
    readonly accept: boolean;
    readonly authenticationString: string;
  }): Promise<void>;
  cancel(sessionId: PairingSessionId): Promise<void>;
  /** The page is gone: what it began ends. */
  end(): Promise<void>;
}

export const pagePairings = (host: InspectedHost): PagePairings => {
  const sessions = new Map<PairingSessionId, PairingSession>();
  let isEnded = false;

  /** A page that went while its session began can no longer end it. */
  const keep = async (session: PairingSession): Promise<void> => {
    if (isEnded) return session.cancel();
    sessions.set(session.sessionId, session);
    const forget = () => sessions.delete(session.sessionId);
    session.paired.then(forget, forget);
  };

  return {
    offer: async () => {
      const offer = await host.pair({ policy: 'ask' });
      await keep(offer);
      const { sessionId, words, ticket, expiresAtMs } = offer;
      return { sessionId, words, ticket, expiresAtMs };
    },
    join: async (code) => {
      const session = await host.join(code, { policy: 'ask' });
      await keep(session);
      return { sessionId: session.sessionId };
    },
    decide: async ({ sessionId, accept, authenticationString }) =>
      sessions.get(sessionId)?.decide(accept, authenticationString),
    cancel: async (sessionId) => sessions.get(sessionId)?.cancel(),
    end: async () => {
      isEnded = true;
      await Promise.all([...sessions.values()].map((session) => session.cancel()));
    },
  };
};
