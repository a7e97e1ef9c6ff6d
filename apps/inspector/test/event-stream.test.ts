import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { fakeClock, memoryLogger } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { eventStream } from '../src/event-stream.ts';
import type { InspectedHost } from '../src/index.ts';
import { toldEvents } from '../src/told-events.ts';

const REFRESH_MS = 1_000;

/** A host whose parts can be changed, and what a page was sent of it. */
const arrange = () => {
  const nas = { endpointId: 'nas' };
  const counted = { ...nas, spentTodayBytes: 1 };
  const parts = {
    status: { rttMs: 1 },
    traffic: { spentTodayBytes: 0, peers: [counted, { ...counted, endpointId: 'stranger' }] },
    devices: [nas] as readonly object[],
  };
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
    destroyed: false,
    destroy(this: { destroyed: boolean }) {
      this.destroyed = true;
    },
  }) as unknown as ServerResponse;
  const clock = fakeClock();
  const told = toldEvents({ host, clock, runId: 'run' });
  const logger = memoryLogger();
  const components = { host, clock, logger, refreshMs: REFRESH_MS, told, command: 'bowline' };
  const end = eventStream(response, components, null, () => undefined);
  const next = async (): Promise<readonly unknown[]> => {
    const before = written.length;
    await clock.advance(REFRESH_MS);
    return written.slice(before).map((text) => JSON.parse(text.split('data: ')[1] ?? 'null'));
  };
  return { parts, nas, counted, next, end, written, response, logger };
};

describe('what a page is sent', () => {
  it('is all of it at first, and then what has changed', async () => {
    const { parts, nas, counted, next, end, written } = arrange();
    await next();
    expect(written[0]).toBe('id: run-0\nevent: begun\ndata: {"isWhole":true}\n\n');
    expect(JSON.parse(written[1]?.split('data: ')[1] ?? '')).toEqual({
      ...parts,
      // Of strangers nothing.
      traffic: { spentTodayBytes: 0, peers: [counted] },
      command: 'bowline',
    });
    parts.status = { rttMs: 2 };
    expect(await next()).toEqual([{ status: { rttMs: 2 } }]);
    expect(await next()).toEqual([]);
    parts.devices = [nas, { endpointId: 'phone' }];
    expect(await next()).toEqual([{ devices: parts.devices }]);
    end();
  });

  it('is a beat now and then where nothing changes, so that silence has a meaning', async () => {
    const { parts, next, end, written } = arrange();
    await next();
    for (let second = 0; second < 8; second += 1) expect(await next()).toEqual([]);
    await next();
    await next();
    expect(written.at(-1)).toBe('event: beat\ndata: null\n\n');
    expect(await next()).toEqual([]);
    parts.status = { rttMs: 2 };
    expect(await next()).toHaveLength(1);
    for (let second = 0; second < 9; second += 1) expect(await next()).toEqual([]);
    expect(await next()).toEqual([null]);
    end();
  });

  it('may be large, but waits for nobody who does not read', async () => {
    const { parts, next, written, response, logger } = arrange();
    await next();
    parts.status = { rttMs: 2, large: 'x'.repeat(2_000_000) } as never;
    expect(await next()).toHaveLength(1);
    Object.assign(response, { writableLength: 1_000_000 });
    parts.status = { rttMs: 3 };
    expect(await next()).toHaveLength(1);
    Object.assign(response, { writableLength: 1_100_000 });
    parts.status = { rttMs: 4 };
    expect(await next()).toHaveLength(0);
    expect(response.destroyed).toBe(true);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'info', fields: { waitingBytes: 1_100_000 } });
    const sent = written.length;
    await next();
    expect(written).toHaveLength(sent);
  });
});
