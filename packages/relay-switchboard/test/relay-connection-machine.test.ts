import type { RelayDownReason } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { relayConnectionMachine } from '../src/relay-connection-machine.ts';

const arrange = () => {
  const done: string[] = [];
  const note = (name: string) => () => void done.push(name);
  const actor = createActor(
    relayConnectionMachine.provide({
      actions: Object.fromEntries(
        ['logIn', 'open', 'shut', 'noteEnd', 'rescue', 'ping', 'warnOfClone', 'leave'].map((name) => [
          name,
          note(name),
        ]),
      ),
    }),
    // No delay passes: what is looked at is where the machine waits.
    { clock: { setTimeout: () => 0, clearTimeout: () => undefined } },
  );
  actor.start();
  const end = (reason: RelayDownReason, atMs = 0) =>
    actor.send({ type: 'session.ended', reason, detail: '', wasReached: true, atMs });
  const now = () => actor.getSnapshot();
  return { actor, done, end, now };
};

describe('the machine of a relay connection', () => {
  it('logs in, is usable, doubts and is usable again, and lets go of datagrams before it saves them', () => {
    const { actor, done, end, now } = arrange();
    expect(now().value).toBe('connecting');
    actor.send({ type: 'login.confirmed', atMs: 0 });
    expect(now().value).toEqual({ connected: 'usable' });
    actor.send({ type: 'answer.overdue' });
    expect(now().value).toEqual({ connected: 'inDoubt' });
    actor.send({ type: 'answer.came' });
    expect(now().value).toEqual({ connected: 'usable' });
    end('closed', 6_000);
    expect(now().value).toEqual({ down: 'pausing' });
    expect(done).toEqual(['logIn', 'open', 'rescue', 'noteEnd', 'shut', 'rescue']);
    // It had lasted: the first failure of a new row, and no rebuff.
    expect(now().context).toMatchObject({ failures: 1, isRebuffed: false, downSinceMs: 6_000, downReason: 'closed' });
  });

  it('is down, and not connecting, until a later login succeeds', () => {
    const { actor, done, end, now } = arrange();
    end('tcp');
    actor.send({ type: 'check.asked' });
    expect(now().value).toEqual({ down: 'retrying' });
    expect(done.filter((name) => name === 'logIn')).toHaveLength(2);
    end('auth');
    expect(now().value).toEqual({ down: 'pausing' });
    expect(now().context).toMatchObject({ failures: 1, refusals: 1, isRebuffed: true });
    actor.send({ type: 'tokens.replaced' });
    expect(now().context).toMatchObject({ failures: 0, refusals: 0 });
    actor.send({ type: 'login.confirmed', atMs: 9 });
    expect(now().context).toMatchObject({ downReason: null, connectedSinceMs: 9 });
  });

  it('returns at once when it is displaced, and yields to who is as stubborn', () => {
    const { actor, done, end, now } = arrange();
    for (const atMs of [0, 1, 2]) {
      actor.send({ type: 'login.confirmed', atMs });
      end('displaced', atMs);
      expect(now().value).toEqual({ down: 'returning' });
      expect(now().context.isReturning).toBe(true);
      actor.send({ type: 'check.asked' });
    }
    actor.send({ type: 'login.confirmed', atMs: 3 });
    end('displaced', 3);
    expect(now().value).toEqual({ down: 'yielding' });
    expect(done).toContain('warnOfClone');
    expect(now().context).toMatchObject({ isReturning: false, downReason: 'contested' });
    expect(now().context.displacedAtMs).toHaveLength(4);
  });

  it('takes a displacement for a first one when those before are a minute old', () => {
    const { actor, end, now } = arrange();
    for (const atMs of [0, 1, 2, 60_001]) {
      actor.send({ type: 'login.confirmed', atMs });
      end('displaced', atMs);
      actor.send({ type: 'check.asked' });
    }
    expect(now().context).toMatchObject({ downReason: 'displaced', displacedAtMs: [2, 60_001] });
  });

  it('answers short logins as quickly as any, until there are too many in a minute', () => {
    const { actor, end, now } = arrange();
    const live = (fromMs: number, forMs: number): void => {
      actor.send({ type: 'check.asked' });
      actor.send({ type: 'login.confirmed', atMs: fromMs });
      end('closed', fromMs + forMs);
    };
    end('tcp');
    for (let count = 1; count <= 12; count += 1) {
      live(count * 100, 50);
      expect(now().context).toMatchObject({ failures: count, isRebuffed: false });
    }
    live(1_300, 50);
    expect(now().context).toMatchObject({ failures: 13, isRebuffed: true });
    live(61_000, 4_000);
    expect(now().context).toMatchObject({ failures: 1, isRebuffed: false });
  });

  it('keeps the pause a relay asked for until it has paused', () => {
    const { actor, end, now } = arrange();
    actor.send({ type: 'login.confirmed', atMs: 0 });
    actor.send({ type: 'restart.announced', reconnectInMs: 4_000 });
    end('closed', 10_000);
    expect(now().context.comeBackInMs).toBe(4_000);
    actor.send({ type: 'check.asked' });
    expect(now().context.comeBackInMs).toBeNull();
  });

  it('is left from everywhere, and hears nothing any more', () => {
    const { actor, end, now, done } = arrange();
    end('tcp');
    actor.send({ type: 'relay.left' });
    expect(now()).toMatchObject({ value: 'left', status: 'done' });
    expect(done.at(-1)).toBe('leave');
  });
});
