import type { PairingSessionId } from '@bowline/contracts';

/** A session as the client that began it holds it. */
export interface ClientSession {
  readonly sessionId: PairingSessionId;
  /** Settles when the session is over. */
  readonly paired: Promise<unknown>;
  decide(accept: boolean, authenticationString: string): Promise<void>;
  cancel(): Promise<void>;
}

/** Pairing sessions that one client of a device has begun: a command, an app, a page. They end with it. */
export interface ClientSessions {
  /** Takes a session over until it is over; where the client has gone meanwhile, nobody could end it, and it ends. */
  keep(session: ClientSession): Promise<void>;
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
  const sessions = new Map<PairingSessionId, ClientSession>();
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
