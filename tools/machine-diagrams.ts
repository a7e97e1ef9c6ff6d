import { linkMachine } from '@bowline/links';
import { eventLabel } from '@bowline/machines';
import { initiatorMachine, joinerMachine } from '@bowline/pairing-state-machine';
import { relayConnectionMachine } from '@bowline/relay-switchboard';
import { workerMachine } from '@bowline/supervisor';
import type { AnyStateMachine } from 'xstate';
import { type DirectedGraphNode, toDirectedGraph } from 'xstate/graph';
import type { GeneratedFile } from './generated-file.ts';

const MACHINES: readonly (readonly [machine: AnyStateMachine, about: string, source: string])[] = [
  [initiatorMachine, 'The device that shows the code.', 'packages/pairing-state-machine/src/initiator-machine.ts'],
  [joinerMachine, 'The device whose person types the code.', 'packages/pairing-state-machine/src/joiner-machine.ts'],
  [
    workerMachine,
    'A part of a device, in a process, in a thread or inline.',
    'packages/supervisor/src/worker-machine.ts',
  ],
  [linkMachine, 'The link to one paired device.', 'packages/links/src/link-machine.ts'],
  [
    relayConnectionMachine,
    'The login of one key at one relay.',
    'packages/relay-switchboard/src/relay-connection-machine.ts',
  ],
];

/** One page for each machine: its states and transitions as Mermaid draws them. */
export const machineDiagrams = (): readonly GeneratedFile[] =>
  MACHINES.map(([machine, about, source]) => ({
    path: `docs/machines/${machine.id}.md`,
    content: [
      `# The ${machine.id}'s machine`,
      '',
      `${about} Made from \`${source}\` by`,
      '`npm run generate`; `npm test` fails when the two differ.',
      '',
      '```mermaid',
      'stateDiagram-v2',
      ...stateLines(toDirectedGraph(machine), 1),
      '```',
      '',
      ...arrowsFromAnywhere(toDirectedGraph(machine)),
    ].join('\n'),
  }));

/** What moves it whatever its state; a diagram would need an arrow from everywhere. */
const arrowsFromAnywhere = ({ edges }: DirectedGraphNode): readonly string[] =>
  edges.length === 0
    ? []
    : [`From everywhere: ${edges.map((edge) => `${labelOf(edge)} to ${edge.target.key}`).join('; ')}.`, ''];

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
  return `${eventLabel(label.text)}${guardOf(transition.guard)}`;
};

const guardOf = (guard: unknown): string => (typeof guard === 'string' ? ` [${guard}]` : '');
