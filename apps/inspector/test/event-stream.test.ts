import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { eventStream } from '../src/event-stream.ts';
import type { InspectedHost } from '../src/index.ts';
import { toldEvents } from '../src/told-events.ts';

const REFRESH_MS = 1_000;

/** A host whose parts can be changed, and what a page was sent of it. */
const arrange = () => {
  const parts = { status: { rttMs: 1 }, traffic: { spentTodayBytes: 0 }, devices: ['nas'] as readonly string[] };
  const host = {
    status: async () => parts.status,
    traffic: async () => parts.traffic,
    devices: () => parts.devices,
    onAny: () => () => undefined,
  } as unknown as InspectedHost;
  const written: string[] = [];
  const response = Object.assign(new EventEmitter(), {
    writableLength: 0,
    writeHead: () => undefined,
    write: (text: string) => written.push(text),
    end: () => undefined,
  }) as unknown as ServerResponse;
  const clock = fakeClock();
  const told = toldEvents({ host, clock, runId: 'run' });
  const components = { host, clock, refreshMs: REFRESH_MS, told, command: 'bowline' };
  const end = eventStream(response, components, null, () => undefined);
  const next = async (): Promise<readonly unknown[]> => {
    const before = written.length;
    await clock.advance(REFRESH_MS);
    return written.slice(before).map((text) => JSON.parse(text.split('data: ')[1] ?? 'null'));
  };
  return { parts, next, end, written };
};

describe('what a page is sent', () => {
  it('is all of it at first, and then what has changed', async () => {
    const { parts, next, end, written } = arrange();
    await next();
    expect(written[0]).toBe('id: run-0\nevent: begun\ndata: {"isWhole":true}\n\n');
    expect(JSON.parse(written[1]?.split('data: ')[1] ?? '')).toEqual({ ...parts, command: 'bowline' });
    parts.status = { rttMs: 2 };
    expect(await next()).toEqual([{ status: { rttMs: 2 } }]);
    expect(await next()).toEqual([]);
    parts.devices = ['nas', 'phone'];
    expect(await next()).toEqual([{ devices: ['nas', 'phone'] }]);
    end();
  });
});
