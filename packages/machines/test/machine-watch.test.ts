import type { MachineTransition } from '@bowline/contracts';
import { machineChart, machineClock, machineWatch } from '@bowline/machines';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { createActor, setup } from 'xstate';

const lampMachine = setup({
  types: { events: {} as { readonly type: 'pressed'; readonly secret?: string } | { readonly type: 'broken' } },
  actions: { light: () => undefined },
  delays: { patience: 5_000 },
  guards: { hasCurrent: () => true },
}).createMachine({
  id: 'link',
  initial: 'off',
  on: { broken: '.gone' },
  states: {
    off: { on: { pressed: { guard: 'hasCurrent', target: 'on' } } },
    on: {
      initial: 'bright',
      states: { bright: { after: { patience: 'dim' } }, dim: { always: [] } },
      on: { pressed: 'off' },
    },
    gone: { type: 'final' },
  },
});

const arrange = () => {
  const clock = fakeClock();
  const told: MachineTransition[] = [];
  const watch = machineWatch({ clock, tell: (transition) => told.push(transition) });
  const begin = (session: string) => {
    const actor = createActor(lampMachine, { clock: machineClock(clock) });
    const forget = watch.add(session, actor);
    actor.start();
    return { actor, forget };
  };
  return { clock, told, watch, begin };
};

describe('watched machines', () => {
  it('tell every transition with what moved them, and nothing of what the event carries', async () => {
    const { clock, told, watch, begin } = arrange();
    const { actor } = begin('kitchen');
    watch.setWatched(true);
    actor.send({ type: 'pressed', secret: 'abandon ability' });
    await clock.advance(5_000);
    actor.send({ type: 'broken' });
    expect(told.map(({ from, to, by }) => [from, to, by])).toEqual([
      ['off', 'on.bright', 'pressed'],
      ['on.bright', 'on.dim', 'after patience'],
      ['on.dim', 'gone', 'broken'],
    ]);
    expect(told[0]).toEqual({
      machine: 'link',
      session: 'kitchen',
      from: 'off',
      to: 'on.bright',
      by: 'pressed',
      atMs: expect.any(Number),
    });
    expect(JSON.stringify(told)).not.toContain('abandon');
  });

  it('tell nothing while nobody watches, and where they stand whenever asked', () => {
    const { told, watch, begin } = arrange();
    const { actor } = begin('kitchen');
    actor.send({ type: 'pressed' });
    expect(watch.setWatched(true)).toEqual([{ machine: 'link', session: 'kitchen', state: 'on.bright' }]);
    watch.setWatched(false);
    actor.send({ type: 'pressed' });
    expect(told).toEqual([]);
  });

  it('tell a session that begins, and forget one that is taken off', () => {
    const { told, watch, begin } = arrange();
    watch.setWatched(true);
    const { actor, forget } = begin('cellar');
    expect(told).toMatchObject([{ from: null, to: 'off', by: 'begin' }]);
    forget();
    actor.send({ type: 'pressed' });
    expect(told).toHaveLength(1);
    expect(watch.setWatched(true)).toEqual([]);
  });
});

describe('a chart', () => {
  it('has every state and transition of its machine', () => {
    const { states, transitions } = machineChart(lampMachine);
    expect(states).toEqual([
      { id: 'off', parent: null, isInitial: true, isFinal: false },
      { id: 'on', parent: null, isInitial: false, isFinal: false },
      { id: 'on.bright', parent: 'on', isInitial: true, isFinal: false },
      { id: 'on.dim', parent: 'on', isInitial: false, isFinal: false },
      { id: 'gone', parent: null, isInitial: false, isFinal: true },
    ]);
    expect(transitions).toEqual([
      { from: '*', to: 'gone', by: 'broken', guard: null },
      { from: 'off', to: 'on', by: 'pressed', guard: 'hasCurrent' },
      { from: 'on', to: 'off', by: 'pressed', guard: null },
      { from: 'on.bright', to: 'on.dim', by: 'after patience', guard: null },
    ]);
  });
});
