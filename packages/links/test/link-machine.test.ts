import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { linkMachine } from '../src/link-machine.ts';

const arrange = () => {
  const done: string[] = [];
  const actor = createActor(
    linkMachine.provide({
      actions: { dial: () => void done.push('dial'), settleDial: () => void done.push('settleDial') },
    }),
  ).start();
  return { actor, done, state: () => actor.getSnapshot().value };
};

describe('the machine of a link', () => {
  it('dials once, however often it is asked', () => {
    const { actor, done, state } = arrange();
    actor.send({ type: 'dial.asked' });
    actor.send({ type: 'dial.asked' });
    expect([state(), done]).toEqual(['connecting', ['dial']]);
    actor.send({ type: 'dial.over' });
    expect(state()).toBe('offline');
  });

  it('settles the dial under way with the first link, whoever made it, and dials nothing while it is up', () => {
    const { actor, done, state } = arrange();
    actor.send({ type: 'dial.asked' });
    actor.send({ type: 'greeting.done' });
    actor.send({ type: 'dial.over' });
    actor.send({ type: 'dial.asked' });
    expect([state(), done]).toEqual(['connected', ['dial', 'settleDial']]);
    actor.send({ type: 'session.ended' });
    expect(state()).toBe('offline');
  });

  it('is connected by a link that came in, without a dial', () => {
    const { actor, done, state } = arrange();
    actor.send({ type: 'greeting.done' });
    expect([state(), done]).toEqual(['connected', []]);
    actor.send({ type: 'device.dropped' });
    expect(state()).toBe('dropped');
  });
});
