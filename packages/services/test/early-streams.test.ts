import { brandAs, type ConnectionId } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { earlyStreams } from '../src/early-streams.ts';

const connection = (index: number) => brandAs<ConnectionId>(`c${index}`);
const then = (): void => undefined;

describe('streams that come before their link is told of', () => {
  it('are held in order, and given back once', () => {
    const early = earlyStreams();
    const held = [() => undefined, () => undefined];
    for (const each of held) expect(early.hold(connection(1), each)).toBe(true);
    expect(early.release(connection(1))).toEqual(held);
    expect(early.release(connection(1))).toEqual([]);
  });

  it('of one connection leave room for those of others', () => {
    const early = earlyStreams();
    const taken = Array.from({ length: 1_000 }, () => early.hold(connection(1), then)).filter(Boolean);
    expect(taken).toHaveLength(32);
    expect(early.hold(connection(2), then)).toBe(true);
    early.forget(connection(1));
    expect(early.hold(connection(1), then)).toBe(true);
  });

  it('are bounded in all', () => {
    const early = earlyStreams();
    const taken = Array.from({ length: 1_000 }, (_, index) => early.hold(connection(index), then)).filter(Boolean);
    expect(taken).toHaveLength(512);
  });
});
