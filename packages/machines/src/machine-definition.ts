import type { ChartState, ChartTransition, MachineChart } from '@bowline/contracts';

/** A state as XState's `createMachine` takes it. */
interface StateDefinition {
  initial?: string;
  type?: 'final';
  on?: Record<string, readonly { readonly target?: string; readonly guard?: string }[]>;
  always?: readonly { readonly target?: string; readonly guard?: string }[];
  states?: Record<string, StateDefinition>;
}

/**
 * A chart as the definition of a machine, for tools that draw those of XState. It shows what the machine can do, and does
 * nothing: delays and what is waited for stand in it as events of the names that transitions have.
 */
export const machineDefinition = ({
  machine,
  states,
  transitions,
}: MachineChart): StateDefinition & { id: string } => ({
  id: machine,
  ...definitionOf(null, machine, states, transitions),
});

/** @param at the state's path; `null`: the machine itself */
const definitionOf = (
  at: string | null,
  machine: string,
  states: readonly ChartState[],
  transitions: readonly ChartTransition[],
): StateDefinition => {
  const children = states.filter(({ parent }) => parent === at);
  const leaving = transitions.filter(({ from }) => from === (at ?? '*'));
  const taken = leaving.filter(({ by }) => by === 'always').map((each) => targetOf(each, machine));
  const named = Map.groupBy(
    leaving.filter(({ by }) => by !== 'always'),
    ({ by }) => by,
  );
  const initial = children.find(({ isInitial }) => isInitial);
  return {
    ...(initial === undefined ? {} : { initial: nameOf(initial) }),
    ...(states.some(({ id, isFinal }) => id === at && isFinal) ? { type: 'final' as const } : {}),
    ...(named.size === 0
      ? {}
      : { on: Object.fromEntries([...named].map(([by, all]) => [by, all.map((each) => targetOf(each, machine))])) }),
    ...(taken.length === 0 ? {} : { always: taken }),
    ...(children.length === 0
      ? {}
      : {
          states: Object.fromEntries(
            children.map((child) => [nameOf(child), definitionOf(child.id, machine, states, transitions)]),
          ),
        }),
  };
};

const nameOf = ({ id }: ChartState): string => id.split('.').at(-1) ?? id;

const targetOf = ({ to, guard }: ChartTransition, machine: string) => ({
  ...(to === null ? {} : { target: `#${machine}.${to}` }),
  ...(guard === null ? {} : { guard }),
});
