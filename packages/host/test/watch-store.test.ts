import type { HostEvent } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { watchStore } from '../src/wiring/watch-store.ts';
import { scriptedSystem } from './scripted-system.ts';

describe('what the disk refuses', () => {
  it('is told with a remedy, and kept for the status until it is over', () => {
    const { system, tell } = scriptedSystem();
    const told: HostEvent[] = [];
    system.hub.onAny((event) => told.push(event));
    watchStore(system);
    const problem = { code: 'STORE_FULL', file: '/data/store.db', reason: 'full' };
    tell('persistence', 'store.problemChanged', { problem });
    expect(system.storeHealth.problem).toMatchObject({
      code: 'STORE_FULL',
      reason: expect.stringContaining('/data/store.db'),
      remedy: expect.stringContaining('free some space'),
    });
    tell('persistence', 'store.problemChanged', { problem: null });
    expect(system.storeHealth.problem).toBeNull();
    expect(told.map((event) => event.event)).toEqual(['store.problemChanged', 'store.problemChanged']);
  });
});
