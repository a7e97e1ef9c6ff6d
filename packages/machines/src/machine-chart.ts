import type { ChartState, ChartTransition, MachineChart, MachineName } from '@bowline/contracts';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { eventLabel } from './event-label.ts';

/** Where a transition starts that is taken from every state alike. */
const ANYWHERE = '*';

/** A machine that can be drawn. */
export type DrawnMachine = AnyStateMachine;

/** Reads a machine's states and transitions. Pure. */
export const machineChart = (machine: DrawnMachine): MachineChart => {
  const nodes = nodesWithin(machine.root);
  return {
    machine: machine.id as MachineName,
    states: nodes.map(chartStateOf),
    transitions: [machine.root as AnyStateNode, ...nodes].flatMap(transitionsFrom),
  };
};

const nodesWithin = (node: AnyStateNode): readonly AnyStateNode[] =>
  Object.values(node.states as Readonly<Record<string, AnyStateNode>>).flatMap((child) => [
    child,
    ...nodesWithin(child),
  ]);

const idOf = (node: AnyStateNode): string => (node.path.length === 0 ? ANYWHERE : node.path.join('.'));

const chartStateOf = (node: AnyStateNode): ChartState => ({
  id: idOf(node),
  parent: node.path.length > 1 ? node.path.slice(0, -1).join('.') : null,
  isInitial: node.parent?.initial.target?.[0] === node,
  isFinal: node.type === 'final',
});

/** Those with an event first, then those taken at once. */
const transitionsFrom = (node: AnyStateNode): readonly ChartTransition[] => {
  const named = [...node.transitions.values()].flat();
  const transitions = [
    ...named.map((transition) => ({ transition, by: eventLabel(transition.eventType) })),
    ...(node.always ?? []).map((transition) => ({ transition, by: 'always' })),
  ];
  return transitions.flatMap(({ transition, by }) => {
    const to = transition.target?.[0];
    return { from: idOf(node), to: to === undefined ? null : idOf(to), by, guard: guardName(transition.guard) };
  });
};

const guardName = (guard: unknown): string | null => (typeof guard === 'string' ? guard : null);
