import { errorMessage, type Logger, type PairingSessionId } from '@bowline/contracts';
import type { WatchedActor } from '@bowline/machines';
import type { SessionComponents } from './components.ts';

/** What can be asked of any session, whatever its role. */
export interface RunningSession {
  readonly sessionId: PairingSessionId;
  /** The person's answer about the digits it was shown; ignored unless the session waits for one. */
  decide(isAccepted: boolean, authenticationString: string): void;
  /** Resolves when the end has been told, or at once when it is too late to cancel. */
  cancel(): Promise<void>;
  /**
   * Ends it in any state, because the actor stops; one that is over is left to finish. Resolves when the end has been told
   * and the other side has had its last word.
   */
  abandon(): Promise<void>;
}

/** What every role's machine understands. */
type SessionEvent =
  | { readonly type: 'decision.made'; readonly isAccepted: boolean }
  | { readonly type: 'session.cancelled' };

/** A machine of either role, made and not started. It alone holds what the session knows. */
interface SessionMachine<Event> {
  getSnapshot(): {
    readonly value: unknown;
    readonly status: string;
    readonly context: { readonly authenticationString: string };
  };
  send(event: Event): void;
  subscribe(observer: { next: () => void; error: (error: unknown) => void }): unknown;
  start(): unknown;
}

/** What tells the roles apart once their machines run. */
interface SessionRole<Event> {
  readonly sessionId: PairingSessionId;
  readonly role: 'initiator' | 'joiner';
  /** What the machine is told when the actor stops. */
  readonly abandonedBy: readonly Event[];
  /** Lets go of what the session held and tells its end. Called once. */
  readonly end: (isCompleted: boolean) => Promise<void>;
}

/** The innermost state of a machine, by which sessions are told and logged: `live.offering` is `offering`. */
export const innermostState = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [child] = Object.values(value as Readonly<Record<string, unknown>>);
  return innermostState(child);
};

/** Tells a machine something, unless it is over. */
export const tellMachine = <Event>(machine: SessionMachine<Event>, event: Event): void => {
  if (machine.getSnapshot().status === 'active') machine.send(event);
};

/**
 * Runs one session: tells every state its machine comes to, and sees to it that it ends once, also when the machine
 * breaks. It begins at once.
 */
export const sessionRunner = <Event>(
  { emit, machines }: Pick<SessionComponents, 'emit' | 'machines'>,
  logger: Logger,
  machine: SessionMachine<Event | SessionEvent> & WatchedActor,
  { sessionId, role, abandonedBy, end }: SessionRole<Event>,
): RunningSession => {
  const ended = Promise.withResolvers<void>();
  const isLive = (): boolean => machine.getSnapshot().status === 'active';
  const stopWatching = machines.add(sessionId, machine);
  let toldState = '';

  const tellState = (): void => {
    const state = innermostState(machine.getSnapshot().value);
    if (state === toldState) return;
    toldState = state;
    logger.debug({ state }, 'pairing state changed');
    emit('pairing.stateChanged', { sessionId, role, state });
  };

  const finish = async (isCompleted: boolean): Promise<void> => {
    stopWatching();
    try {
      await end(isCompleted);
    } catch (error) {
      logger.error({ error: errorMessage(error) }, 'end of a pairing not finished');
    }
    ended.resolve();
  };

  machine.subscribe({
    next: () => {
      tellState();
      if (!isLive()) void finish(machine.getSnapshot().value === 'completed');
    },
    error: (error) => {
      logger.error({ error: errorMessage(error) }, 'pairing broke');
      void finish(false);
    },
  });
  machine.start();

  return {
    sessionId,
    decide: (isAccepted, authenticationString) => {
      // Whoever was shown other digits has not agreed to these; a no is a no to all of them.
      if (isAccepted && authenticationString !== machine.getSnapshot().context.authenticationString) return;
      tellMachine(machine, { type: 'decision.made', isAccepted });
    },
    cancel: () => {
      tellMachine(machine, { type: 'session.cancelled' });
      // Once it is too late to cancel, the session ends by itself.
      return isLive() ? Promise.resolve() : ended.promise;
    },
    abandon: () => {
      for (const event of abandonedBy) tellMachine(machine, event);
      return ended.promise;
    },
  };
};
