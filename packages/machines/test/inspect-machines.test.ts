import type { MachineChart, MachinesReport, MachineTransition } from '@bowline/contracts';
import { expect, it } from 'vitest';
import { inspectMachines, machineDefinition } from '../src/index.ts';

const state = (id: string, fields: Partial<MachineChart['states'][number]> = {}) => ({
  id,
  parent: id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : null,
  isInitial: false,
  isFinal: false,
  ...fields,
});

const chart: MachineChart = {
  machine: 'joiner',
  states: [
    state('live', { isInitial: true }),
    state('live.searching', { isInitial: true }),
    state('live.proving'),
    state('completed', { isFinal: true }),
  ],
  transitions: [
    { from: 'live.searching', to: 'live.proving', by: 'candidate.found', guard: null },
    { from: 'live.proving', to: 'completed', by: 'done', guard: 'isAccepted' },
  ],
};

const moved = (from: string | null, to: string, by: string): MachineTransition => ({
  machine: 'joiner',
  session: 's1',
  from,
  to,
  by,
  atMs: 1,
});

/** A device with one chart, and an inspector that writes down what it is shown. */
const inspected = (report: () => Promise<MachinesReport>) => {
  const shown: unknown[][] = [];
  const note =
    (what: string) =>
    (...args: unknown[]) =>
      void shown.push([what, ...args]);
  const listeners = new Set<(transition: MachineTransition) => void>();
  const source = {
    machines: report,
    onTransition: (listener: (transition: MachineTransition) => void) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
  const tell = (transition: MachineTransition) => {
    for (const listener of listeners) listener(transition);
  };
  const inspector = { actor: note('actor'), event: note('event'), snapshot: note('snapshot') };
  return { source, inspector, shown, tell, listeners };
};

it('shows each session with its chart, what moves it, and that it is over', async () => {
  const { source, inspector, shown, tell, listeners } = inspected(async () => ({
    charts: [chart],
    sessions: [{ machine: 'joiner', session: 's1', state: 'live.searching' }],
  }));
  const cancel = await inspectMachines(source, inspector);
  tell(moved('live.searching', 'live.proving', 'candidate.found'));
  tell(moved('live.proving', 'completed', 'done'));
  const [proving, completed] = [
    { status: 'active', value: { live: 'proving' }, context: {} },
    { status: 'done', value: 'completed', context: {} },
  ];
  expect(shown).toEqual([
    [
      'actor',
      { sessionId: 'joiner s1', logic: { config: machineDefinition(chart) } },
      { status: 'active', value: { live: 'searching' }, context: {} },
    ],
    ['event', 'joiner s1', { type: 'candidate.found' }],
    ['snapshot', 'joiner s1', proving, { event: { type: 'candidate.found' } }],
    ['event', 'joiner s1', { type: 'done' }],
    ['snapshot', 'joiner s1', completed, { event: { type: 'done' } }],
  ]);
  cancel();
  expect(listeners.size).toBe(0);
});

it('loses nothing that moves while it asks, and shows a session that begins later', async () => {
  const { promise, resolve } = Promise.withResolvers<MachinesReport>();
  const { source, inspector, shown, tell } = inspected(() => promise);
  const inspecting = inspectMachines(source, inspector);
  tell(moved(null, 'live.searching', 'begin'));
  resolve({ charts: [chart], sessions: [] });
  await inspecting;
  expect(shown.map(([what]) => what)).toEqual(['actor']);
});

it('listens no longer where the device cannot be asked', async () => {
  const { source, inspector, listeners } = inspected(() => Promise.reject(new Error('stopped')));
  await expect(inspectMachines(source, inspector)).rejects.toThrow('stopped');
  expect(listeners.size).toBe(0);
});
