import type { Cancel, Clock, MachineName, MachineSession, MachineTransition } from '@bowline/contracts';
import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import { eventLabel } from './event-label.ts';
import { statePath } from './state-path.ts';

/** A machine's actor, as far as it is watched. */
export interface WatchedActor extends Pick<AnyActorRef, 'system'> {
  readonly logic: { readonly id: string };
  getSnapshot(): { readonly value: unknown };
}

/** Who watches the machines of one actor. */
export interface MachineWatch {
  /** Lists a session of a machine, made and not started. @returns what takes it off the list again */
  add(session: string, actor: WatchedActor): Cancel;
  /**
   * Whether transitions are told from now on. Idempotent. While nobody watches, a transition costs nothing beyond itself.
   * @returns where every session stands
   */
  setWatched(isWatched: boolean): readonly MachineSession[];
}

/** What a {@link machineWatch} needs. */
export interface MachineWatchComponents {
  readonly clock: Clock;
  readonly tell: (transition: MachineTransition) => void;
}

interface Watched {
  readonly session: string;
  readonly actor: WatchedActor;
  stopInspecting: Cancel;
}

/** Tells the transitions of the sessions it is given, by XState's own inspection of each. */
export const machineWatch = ({ clock, tell }: MachineWatchComponents): MachineWatch => {
  const sessions = new Set<Watched>();
  let isWatched = false;

  const inspect = (watched: Watched): void => {
    const { actor, session } = watched;
    const machine = machineOf(actor);
    let from = stateOf(actor);
    const subscription = actor.system.inspect((event) => {
      if (event.type !== '@xstate.microstep' || (event.actorRef as unknown) !== actor) return;
      const to = statePath((event.snapshot as AnyMachineSnapshot).value);
      const previous = from;
      from = to;
      if (to !== previous) {
        tell({ machine, session, from: previous, to, by: eventLabel(event.event.type), atMs: clock.nowMs() });
      }
    });
    watched.stopInspecting = () => subscription.unsubscribe();
  };

  return {
    add: (session, actor) => {
      const watched: Watched = { session, actor, stopInspecting: () => undefined };
      sessions.add(watched);
      if (isWatched) {
        tell({ machine: machineOf(actor), session, from: null, to: stateOf(actor), by: 'begin', atMs: clock.nowMs() });
        inspect(watched);
      }
      return () => {
        watched.stopInspecting();
        sessions.delete(watched);
      };
    },
    setWatched: (isWanted) => {
      if (isWanted !== isWatched) {
        isWatched = isWanted;
        for (const watched of sessions) {
          if (isWanted) inspect(watched);
          else watched.stopInspecting();
        }
      }
      return [...sessions].map(({ session, actor }) => ({ machine: machineOf(actor), session, state: stateOf(actor) }));
    },
  };
};

const machineOf = (actor: WatchedActor): MachineName => actor.logic.id as MachineName;

const stateOf = (actor: WatchedActor): string => statePath(actor.getSnapshot().value);
