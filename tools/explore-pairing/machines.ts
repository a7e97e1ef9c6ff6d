import {
  type InitiatorEvent,
  type InitiatorSnapshot,
  initiatorMachine,
  type JoinerEvent,
  type JoinerSnapshot,
  joinerMachine,
  PAIRING_DELAYS_DEFAULTS,
} from '@bowline/pairing-state-machine';
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';

/** A machine after an event, and the actions it wants done, by name. */
export interface Moved<Snapshot> {
  readonly snapshot: Snapshot;
  readonly actions: readonly string[];
}

/** Who is asked. */
export interface Variant {
  readonly initiator: 'ask' | 'accept';
  readonly joiner: 'ask' | 'accept';
  /** A mistake, to see that it is found: a joiner that ends keeps no record of what the initiator may have stored. */
  readonly isForgetful?: boolean;
}

type Moving = readonly [AnyMachineSnapshot, readonly { readonly type: string }[]];

const moved = <Snapshot>([snapshot, actions]: Moving): Moved<Snapshot> => ({
  snapshot: snapshot as unknown as Snapshot,
  actions: actions.map(({ type }) => type),
});

const DELAYS = PAIRING_DELAYS_DEFAULTS;

export const startInitiator = ({ initiator: policy }: Variant): Moved<InitiatorSnapshot> =>
  moved(initialTransition(initiatorMachine, { policy, ttlMs: 300_000, delays: DELAYS, mayRenew: false }) as Moving);

export const startJoiner = ({ joiner: policy }: Variant): Moved<JoinerSnapshot> =>
  moved(initialTransition(joinerMachine, { policy, delays: DELAYS, mayRenew: false }) as Moving);

/** An end of an effect, or of a delay: what XState tells a machine by itself. */
export interface OwnEvent {
  readonly type: `xstate.${string}`;
  readonly output?: unknown;
  readonly error?: unknown;
}

/** Remembers what was worked out of a snapshot: the same few thousand are met again and again. */
const remembered = <T>(work: (snapshot: AnyMachineSnapshot) => T): ((snapshot: AnyMachineSnapshot) => T) => {
  const known = new WeakMap<AnyMachineSnapshot, { readonly value: T }>();
  return (snapshot) => {
    const found = known.get(snapshot) ?? { value: work(snapshot) };
    known.set(snapshot, found);
    return found.value;
  };
};

/** The delays that run, as the events that end them. */
export const runningDelays = remembered<readonly OwnEvent[]>((snapshot) =>
  snapshot._nodes.flatMap(({ after }) => after.map(({ eventType }) => ({ type: eventType as OwnEvent['type'] }))),
);

/** The innermost state. */
export const stateOf = remembered(({ value }) => {
  let inner: unknown = value;
  while (typeof inner === 'object' && inner !== null) [inner] = Object.values(inner);
  return String(inner);
});

/** What tells one snapshot from another: its state, and what in its context the machine looks at. */
const keyOfSnapshot = remembered((snapshot) => {
  const facts = Object.entries(snapshot.context as Readonly<Record<string, unknown>>).map(([name, value]) => {
    if (name === 'failure') return (value as { readonly code: string } | null)?.code ?? '';
    if (name === 'found') return (value as { readonly kind: string } | null)?.kind ?? '';
    if (name === 'device' || name === 'known')
      return (value as { readonly pairingState: string } | null)?.pairingState ?? '';
    if (name === 'handshakes') return '';
    return typeof value === 'boolean' || typeof value === 'number' ? value : value === null || value === '' ? 0 : 1;
  });
  return `${stateOf(snapshot)}(${facts.join()})`;
});

export const keyOf = (snapshot: AnyMachineSnapshot | null): string =>
  snapshot === null ? '-' : keyOfSnapshot(snapshot);

/**
 * What a machine did in the same state at the same event before: it is pure, and looks at nothing that the key leaves out. A
 * search asks for the same few thousand moves again and again.
 */
const done = new Map<string, Moved<unknown>>();

const keyOfEvent = (event: { readonly type: string }): string =>
  JSON.stringify(event, (name, value: unknown) =>
    name === 'error' ? (value as { readonly isRefusal?: boolean }).isRefusal === true : value,
  );

const move = <Snapshot>(machine: AnyStateMachine, snapshot: Snapshot, event: { readonly type: string }) => {
  const from = snapshot as unknown as AnyMachineSnapshot;
  const key = `${machine.id};${keyOf(from)};${String(from.context.connectionId)};${keyOfEvent(event)}`;
  const known = done.get(key) ?? moved<unknown>(transition(machine, from, event) as unknown as Moving);
  done.set(key, known);
  return known as Moved<Snapshot>;
};

export const moveInitiator = (from: InitiatorSnapshot, event: InitiatorEvent | OwnEvent): Moved<InitiatorSnapshot> =>
  move(initiatorMachine, from, event);

export const moveJoiner = (from: JoinerSnapshot, event: JoinerEvent | OwnEvent): Moved<JoinerSnapshot> =>
  move(joinerMachine, from, event);

/** Ends the effect a state waits for. */
export const effectEnded = (side: 'initiator' | 'joiner', state: string, output: unknown): OwnEvent => ({
  type: `xstate.done.actor.0.${side}.live.${state}`,
  output,
});

export const effectFailed = (side: 'initiator' | 'joiner', state: string, error: unknown): OwnEvent => ({
  type: `xstate.error.actor.0.${side}.live.${state}`,
  error,
});
