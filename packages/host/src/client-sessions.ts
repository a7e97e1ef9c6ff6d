import type { PairingSessionId } from '@bowline/contracts';
import type { PairingSession } from './pairing-handles.ts';

/** Pairing sessions that one client of a device has begun: a command, an app, a page. They end with it. */
export interface ClientSessions {
  /** Takes a session over until it is over; where the client has gone meanwhile, nobody could end it, and it ends. */
  keep(session: PairingSession): Promise<void>;
  /** Does nothing where there is no such session. */
  decide(decision: {
    readonly sessionId: PairingSessionId;
    readonly accept: boolean;
    readonly authenticationString: string;
  }): Promise<void>;
  /** Does nothing where there is no such session. */
  cancel(sessionId: PairingSessionId): Promise<void>;
  /** The client is gone: what it began ends. */
  end(): Promise<void>;
}

export const clientSessions = (): ClientSessions => {
  const sessions = new Map<PairingSessionId, PairingSession>();
  let isEnded = false;
  return {
    keep: async (session) => {
      if (isEnded) return session.cancel();
      sessions.set(session.sessionId, session);
      const forget = () => sessions.delete(session.sessionId);
      session.paired.then(forget, forget);
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
