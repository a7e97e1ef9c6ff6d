import type { WorkerFailure } from '@bowline/contracts';
import { expect, it } from 'vitest';
import type { System } from '../src/system.ts';
import { tellWorkers } from '../src/wiring/tell-workers.ts';
import { scriptedSystem } from './scripted-system.ts';

it('the app hears why a worker crashed, and nothing old with its next state', () => {
  const { system } = scriptedSystem();
  const told: unknown[] = [];
  system.hub.onAny((event) => told.push(event));
  let tell: (status: object) => void = () => undefined;
  const onStateChanged = (listener: typeof tell) => {
    tell = listener;
    return () => undefined;
  };
  tellWorkers({ ...system, parts: { scheduler: { onStateChanged } } } as unknown as System);
  const failure: WorkerFailure = { code: 'WORKER_HUNG', reason: 'It has answered nothing.' };
  const status = { name: 'reconnection-scheduler', pid: 1, placement: 'process', restarts: 0, failure };
  tell({ ...status, state: 'crashed' });
  tell({ ...status, state: 'starting' });
  const event = { event: 'worker.stateChanged', name: 'reconnection-scheduler', restarts: 0 };
  expect(told).toEqual([
    { ...event, state: 'crashed', failure },
    { ...event, state: 'starting', failure: null },
  ]);
});
