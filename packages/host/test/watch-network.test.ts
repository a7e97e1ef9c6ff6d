import type { HostEvent } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { watchNetwork } from '../src/wiring/watch-network.ts';
import { scriptedSystem } from './scripted-system.ts';

const watched = () => {
  const scripted = scriptedSystem({});
  const told: HostEvent[] = [];
  scripted.system.hub.onAny((event) => told.push(event));
  const cancel = watchNetwork(scripted.system);
  return { ...scripted, told, cancel };
};

const woke = { event: 'network.changed', cause: 'wake' };

describe('the watch of the network', () => {
  it('says nothing while time goes on as it should', async () => {
    const { clock, told } = watched();
    await clock.advance(60_000);
    expect(told).toEqual([]);
  });

  it('tells once of a machine that slept, and has everything look again', async () => {
    const { clock, told, inputsOf } = watched();
    clock.setWallTime(clock.nowMs() + 60_000);
    await clock.advance(10_000);
    expect(told).toEqual([woke]);
    expect(inputsOf('scheduler.nudgeAll')).toEqual([{ cause: 'wake' }]);
  });

  it('tells of one whose wall clock was set back while it slept', async () => {
    const { clock, told } = watched();
    clock.setWallTime(clock.nowMs() + 60_000 - 86_400_000);
    await clock.advance(10_000);
    expect(told).toEqual([woke]);
  });

  it('tells nothing after it was cancelled', async () => {
    const { clock, told, cancel } = watched();
    cancel();
    clock.setWallTime(clock.nowMs() + 60_000);
    await clock.advance(10_000);
    expect(told).toEqual([]);
  });
});
