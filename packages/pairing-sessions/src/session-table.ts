import { InvalidOptionError, type PairingSessionId } from '@bowline/contracts';
import type { SessionComponents } from './components.ts';
import type { RunningSession } from './session-runner.ts';

/** The sessions of this device, and the ends of those that are over. */
export interface SessionTable {
  /** @throws INVALID_OPTION for an id that is taken */
  checkFree(sessionId: PairingSessionId): void;
  add(session: RunningSession): void;
  /** It is over. Its end has yet to be told, and the other device must still hear the last word. */
  remove(session: RunningSession): void;
  get(sessionId: PairingSessionId): RunningSession | undefined;
  /** Ends all. Resolves when each end was told and the other devices have heard it. */
  abandonAll(): Promise<void>;
  /** @throws TypeError while the actor does not run */
  componentsNow(): SessionComponents;
}

export const sessionTable = (running: () => SessionComponents | null): SessionTable => {
  const sessions = new Map<PairingSessionId, RunningSession>();
  const ends = new Set<Promise<void>>();
  return {
    checkFree: (sessionId) => {
      if (!sessions.has(sessionId)) return;
      throw new InvalidOptionError('sessionId', 'must differ from that of every open session', sessionId);
    },
    add: (session) => {
      sessions.set(session.sessionId, session);
    },
    remove: (session) => {
      sessions.delete(session.sessionId);
      // Over already, it is only left to finish.
      const end = session.abandon();
      ends.add(end);
      void end.then(() => ends.delete(end));
    },
    get: (sessionId) => sessions.get(sessionId),
    abandonAll: async () => {
      await Promise.all([...sessions.values()].map((session) => session.abandon()));
      await Promise.all(ends);
    },
    componentsNow: () => {
      const components = running();
      if (components === null) throw new TypeError('pairing-sessions is not started');
      return components;
    },
  };
};
