import { initiatorMachine, joinerMachine } from '@bowline/pairing-state-machine';
import type { AnyStateMachine } from 'xstate';
import { type DirectedGraphNode, toDirectedGraph } from 'xstate/graph';
import type { GeneratedFile } from './generated-file.ts';

const MACHINES: readonly (readonly [machine: AnyStateMachine, about: string])[] = [
  [initiatorMachine, 'The device that shows the code.'],
  [joinerMachine, 'The device whose person types the code.'],
];

/** One page for each machine: its states and transitions as Mermaid draws them. */
export const machineDiagrams = (): readonly GeneratedFile[] =>
  MACHINES.map(([machine, about]) => ({
    path: `docs/machines/${machine.id}.md`,
    content: [
      `# The ${machine.id}'s machine`,
      '',
      `${about} Made from \`packages/pairing-state-machine/src/${machine.id}-machine.ts\` by`,
      '`npm run generate`; `npm test` fails when the two differ.',
      '',
      '```mermaid',
      'stateDiagram-v2',
      ...stateLines(toDirectedGraph(machine), 1),
      '```',
      '',
    ].join('\n'),
  }));

/** Mermaid takes no dots and hyphens in the name of a state. */
const nameOf = (id: string): string => id.replaceAll(/[^a-zA-Z0-9]/g, '_');

const stateLines = (node: DirectedGraphNode, depth: number): readonly string[] => {
  const indent = '  '.repeat(depth);
  const { initial } = node.stateNode;
  const start = initial?.target[0] === undefined ? [] : [`${indent}[*] --> ${nameOf(initial.target[0].id)}`];
  return [
    ...start,
    ...node.children.flatMap((child) => [
      ...declaration(child, depth),
      ...arrowsFrom(child).map((line) => indent + line),
    ]),
  ];
};

/** Transitions with an event, then those taken at once, which the graph leaves out. */
const arrowsFrom = ({ edges, stateNode }: DirectedGraphNode): readonly string[] => {
  const arrow = (to: string, label: string) => `${nameOf(stateNode.id)} --> ${nameOf(to)} : ${label}`;
  return [
    ...edges.map((edge) => arrow(edge.target.id, labelOf(edge))),
    ...(stateNode.always ?? []).flatMap(({ target, guard }) =>
      (target ?? []).map((to) => arrow(to.id, `always${guardOf(guard)}`)),
    ),
  ];
};

const declaration = (child: DirectedGraphNode, depth: number): readonly string[] => {
  const indent = '  '.repeat(depth);
  const name = nameOf(child.stateNode.id);
  const state = `${indent}state "${child.stateNode.key}" as ${name}`;
  if (child.stateNode.type === 'final') return [state, `${indent}${name} --> [*]`];
  if (child.children.length === 0) return [state];
  return [`${state} {`, ...stateLines(child, depth + 1), `${indent}}`];
};

/** The event, without the machine's own prefixes, and the guard as a sentence. */
const labelOf = ({ label, transition }: DirectedGraphNode['edges'][number]): string => {
  const event = label.text
    .replace(/^xstate\.after\.([^.]+)\..*$/, 'after $1')
    .replace(/^xstate\.done\.actor\..*$/, 'done')
    .replace(/^xstate\.error\.actor\..*$/, 'failed');
  return `${event}${guardOf(transition.guard)}`;
};

const guardOf = (guard: unknown): string => (typeof guard === 'string' ? ` [${guard}]` : '');
