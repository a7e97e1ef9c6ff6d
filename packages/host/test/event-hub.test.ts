import type { HostEvent } from '@bowline/contracts';
import { memoryLogger } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { eventHub } from '../src/event-hub.ts';

const changed: HostEvent = { event: 'network.changed', cause: 'wake' };

describe('eventHub', () => {
  it('tells listeners of all events and of one', () => {
    const hub = eventHub({ logger: memoryLogger() });
    const all: string[] = [];
    const wakes: string[] = [];
    hub.onAny(({ event }) => all.push(event));
    hub.on('network.changed', ({ cause }) => wakes.push(cause));
    hub.on('device.removed', () => wakes.push('never'));
    hub.tell(changed);
    expect([all, wakes]).toEqual([['network.changed'], ['wake']]);
  });

  it('tells nothing after the listener was cancelled', () => {
    const hub = eventHub({ logger: memoryLogger() });
    const all: string[] = [];
    const cancel = hub.onAny(({ event }) => all.push(event));
    cancel();
    hub.tell(changed);
    expect(all).toEqual([]);
  });

  it('logs a listener that throws and goes on with the others', () => {
    const logger = memoryLogger();
    const hub = eventHub({ logger });
    const heard: string[] = [];
    hub.onAny(() => {
      throw new Error('broken listener');
    });
    hub.onAny(({ event }) => heard.push(event));
    hub.tell(changed);
    expect(heard).toEqual(['network.changed']);
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'event listener failed' }]);
  });
});
