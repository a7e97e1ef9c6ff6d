import { brandAs, type EndpointId } from '@bowline/contracts';
import { type FakeClock, fakeClock, settle } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { keepObserver } from '../src/relay-host/keep-observer.ts';
import type { RunningObserver } from '../src/relay-host/run-observer.ts';

const observers = [{ endpointId: brandAs<EndpointId>('ee'.repeat(32)), port: 3_340 }];

let clock: FakeClock;
let told: { readonly event: string; readonly [field: string]: unknown }[];
let stopped: number;
let attempts: number;

const kept = (isAsked: boolean, failures: number) =>
  keepObserver(isAsked, {
    clock,
    printer: { result: (line: (typeof told)[number]) => void told.push(line) } as never,
    run: async (): Promise<RunningObserver> => {
      attempts += 1;
      if (attempts <= failures) throw new Error('address already in use');
      return {
        observers,
        stop: async () => {
          stopped += 1;
        },
      };
    },
  });

beforeEach(() => {
  clock = fakeClock();
  told = [];
  stopped = 0;
  attempts = 0;
});

describe('an observer', () => {
  it('that starts is there at once, and nothing is said', async () => {
    const observer = await kept(false, 0);
    expect(observer.observers).toEqual(observers);
    expect(told).toEqual([]);
    await observer.stop();
    expect(stopped).toBe(1);
  });

  it('that fails is started again until it works, and both is said once', async () => {
    const observer = await kept(false, 3);
    const changes: unknown[] = [];
    observer.onChanged((changed) => changes.push(changed));
    expect(observer.observers).toEqual([]);
    for (const pauseMs of [5_000, 10_000, 20_000]) {
      expect(changes).toEqual([]);
      await clock.advance(pauseMs);
      await settle();
    }
    expect([observer.observers, changes]).toEqual([observers, [observers]]);
    expect(told).toEqual([
      { event: 'observerOff', message: 'address already in use', retryInMs: 5_000 },
      { event: 'observerOn', observerPorts: [3_340] },
    ]);
  });

  it('is tried every five minutes in the end, and not after the relay has stopped', async () => {
    const observer = await kept(false, Number.POSITIVE_INFINITY);
    await clock.advance(3_600_000);
    const before = attempts;
    await clock.advance(3_600_000);
    expect(attempts - before).toBe(12);
    await observer.stop();
    await clock.advance(3_600_000);
    expect(attempts - before).toBe(12);
  });

  it('that somebody asked for must start', async () => {
    await expect(kept(true, 1)).rejects.toThrow('already in use');
  });
});
