import type { HostEvent } from '@bowline/contracts';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { KEPT_FOR_MS, MAX_KEPT, MAX_KEPT_BYTES, type ToldLine, toldEvents } from '../src/told-events.ts';

/** A host that tells when it is told to, and who hears it. */
const arrange = (runId = 'run') => {
  const listeners = new Set<(event: HostEvent) => void>();
  const host = {
    onAny: (listener: (event: HostEvent) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const clock = fakeClock();
  const told = toldEvents({ host, clock, runId });
  let count = 0;
  const tellIt = (event: HostEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const tell = (): void => {
    count += 1;
    tellIt({ event: 'network.changed', cause: `${count}` } as never);
  };
  return { told, clock, tell, tellIt, hostListeners: listeners };
};

const causes = (lines: readonly ToldLine[] | null) => lines?.map(({ json }) => JSON.parse(json).cause);

describe('what is told to pages', () => {
  it('goes on for a page that was cut off: it misses nothing, and hears nothing twice', () => {
    const { told, tell } = arrange();
    const heard: ToldLine[] = [];
    const first = told.listen(null, (line) => heard.push(line));
    expect(first.missed).toEqual([]);
    tell();
    tell();
    first.cancel();
    tell();
    const again = told.listen(heard.at(-1)?.id ?? '', (line) => heard.push(line));
    expect(causes(again.missed)).toEqual(['3']);
    tell();
    expect(causes(heard)).toEqual(['1', '2', '4']);
  });

  it('of messages is their beginning and their size, whatever they hold', () => {
    const { told, tellIt } = arrange();
    const heard: ToldLine[] = [];
    told.listen(null, (line) => heard.push(line));
    const message = { event: 'message.received', from: 'd-1', fromName: 'nas' } as const;
    tellIt({ ...message, text: 'é'.repeat(100_000), bytes: null } as never);
    tellIt({ ...message, text: null, bytes: new Uint8Array(262_144) } as never);
    const [text, bytes] = heard.map(({ json }) => JSON.parse(json));
    expect(text).toMatchObject({ from: 'd-1', text: 'é'.repeat(2_000), sizeBytes: 200_000 });
    expect(bytes).toEqual({ ...message, atMs: expect.any(Number), text: null, sizeBytes: 262_144 });
  });

  it('is kept up to a size: of what is large less is told again', () => {
    const { told, tellIt } = arrange();
    const { lastId } = told.listen(null, () => undefined);
    const large = { event: 'network.changed', cause: 'x'.repeat(MAX_KEPT_BYTES / 4) } as never;
    for (let n = 0; n < 3; n += 1) tellIt(large);
    expect(told.listen(lastId, () => undefined).missed).toHaveLength(3);
    tellIt(large);
    expect(told.listen(lastId, () => undefined).missed).toBeNull();
  });

  it('names the last event to a page that has heard of none', () => {
    const { told, tell } = arrange();
    const { lastId, cancel } = told.listen(null, () => undefined);
    cancel();
    tell();
    expect(causes(told.listen(lastId, () => undefined).missed)).toEqual(['1']);
  });

  it('says so where something is missing: too much happened, too long ago, or in another run', async () => {
    const { told, tell, clock } = arrange();
    const { lastId, cancel } = told.listen(null, () => undefined);
    for (let n = 0; n <= MAX_KEPT; n += 1) tell();
    expect(told.listen(lastId, () => undefined).missed).toBeNull();
    expect(arrange('other').told.listen(lastId, () => undefined).missed).toBeNull();
    told.stop();
    cancel();
    await clock.advance(KEPT_FOR_MS);
    expect(told.listen(lastId, () => undefined).missed).toBeNull();
  });

  it('hears the host only while somebody listens, and a minute longer', async () => {
    const { told, clock, hostListeners } = arrange();
    expect(hostListeners.size).toBe(0);
    const [one, other] = [told.listen(null, () => undefined), told.listen(null, () => undefined)];
    expect(hostListeners.size).toBe(1);
    one.cancel();
    one.cancel();
    await clock.advance(KEPT_FOR_MS);
    expect(hostListeners.size).toBe(1);
    other.cancel();
    await clock.advance(KEPT_FOR_MS - 1);
    expect(hostListeners.size).toBe(1);
    const { lastId, cancel } = told.listen(null, () => undefined);
    await clock.advance(KEPT_FOR_MS);
    expect(hostListeners.size).toBe(1);
    cancel();
    await clock.advance(KEPT_FOR_MS);
    expect(hostListeners.size).toBe(0);
    expect(told.listen(lastId, () => undefined).missed).toBeNull();
  });
});
