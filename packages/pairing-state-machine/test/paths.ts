import { type AnyActorLogic, type AnyStateMachine, createActor, type SnapshotFrom } from 'xstate';
import { getShortestPaths } from 'xstate/graph';

/** `live.offering` for a nested state, `failed` for a flat one. */
export const nameOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as Record<string, unknown>)
        .map(([parent, child]) => `${parent}.${nameOf(child)}`)
        .join('+');

/** Every leaf state a machine declares. */
export const leavesOf = (machine: AnyStateMachine): readonly string[] => {
  const leaves: string[] = [];
  const visit = (node: AnyStateMachine['root']): void => {
    const children = Object.values(node.states);
    if (children.length === 0) leaves.push(node.path.join('.'));
    for (const child of children) visit(child);
  };
  visit(machine.root);
  return leaves;
};

export interface Event {
  readonly type: string;
}

export interface Path {
  readonly end: string;
  readonly events: readonly Event[];
}

/** What makes two contexts different for the machine: its flags, and whether it holds what it needs. */
const factsOf = (context: Readonly<Record<string, unknown>>): readonly unknown[] =>
  Object.entries(context).map(([name, value]) => {
    if (name === 'failure') return (value as { readonly code: string } | null)?.code;
    if (name === 'wrongProofs') return context.joinerId === null ? value : 'claimed';
    return typeof value === 'boolean' ? value : value !== null && value !== '';
  });

/**
 * One shortest path to every combination of state and facts. Ends of effects and delays are events like any other:
 * `xstate.done.actor.*`, `xstate.error.actor.*`, `xstate.after.*`.
 */
export const pathsOf = (machine: AnyStateMachine, input: unknown, events: readonly Event[]): readonly Path[] =>
  getShortestPaths(machine as AnyActorLogic, {
    input: input as never,
    events: events as never,
    limit: 50_000,
    serializeState: (snapshot) => {
      const { value, context } = snapshot as SnapshotFrom<AnyStateMachine>;
      return JSON.stringify([value, factsOf(context)]);
    },
  }).map((path) => ({
    end: nameOf((path.state as SnapshotFrom<AnyStateMachine>).value),
    events: path.steps.map((step) => step.event as Event).filter(({ type }) => type !== 'xstate.init'),
  }));

/** Runs a machine from the start through the events of a path. */
export const replay = (machine: AnyStateMachine, input: unknown, events: readonly Event[]) => {
  const actor = createActor(machine, { input });
  actor.start();
  for (const event of events) actor.send(event);
  return actor;
};
