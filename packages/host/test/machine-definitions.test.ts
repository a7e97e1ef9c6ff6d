import { machineChart, machineDefinition } from '@bowline/machines';
import { expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { MACHINES } from '../src/machines/machine-list.ts';

it.each(MACHINES.map((machine) => [machine.id, machineChart(machine)]))(
  'XState reads the definition of %s as the machine that was drawn',
  (_, chart) => {
    const read = machineChart(createMachine(machineDefinition(chart) as never));
    expect(read.states).toEqual(chart.states);
    const sorted = (transitions: typeof chart.transitions) => transitions.map((each) => JSON.stringify(each)).sort();
    expect(sorted(read.transitions)).toEqual(sorted(chart.transitions));
  },
);
