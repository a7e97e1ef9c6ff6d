import { describe, expect, it } from 'vitest';
import { ClientLiveness, type ConnectionConduct } from '../src/client-liveness.ts';

const LIMITS = { pingIntervalMs: 15_000, pongTimeoutMs: 5_000, stallTimeoutMs: 10_000 };
const GOOD: ConnectionConduct = { isPaused: false, isBackedUp: false, hasProgressed: false };

describe('a client’s liveness', () => {
  it('is asked for after silence, once, and denied without an answer', () => {
    const liveness = new ClientLiveness(LIMITS);
    const verdicts = [0, 14_999, 15_000, 19_999, 20_000].map((nowMs) => liveness.judge(nowMs, GOOD, 0));
    expect(verdicts).toEqual(['fine', 'fine', 'ping', 'fine', 'silent']);
  });

  it('is proven by any frame, before and after a ping', () => {
    const liveness = new ClientLiveness(LIMITS);
    liveness.judge(0, GOOD, 0);
    liveness.hear();
    expect(liveness.judge(15_000, GOOD, 0)).toBe('fine');
    expect(liveness.judge(30_000, GOOD, 0)).toBe('ping');
    liveness.hear();
    expect(liveness.judge(35_000, GOOD, 0)).toBe('fine');
    expect(liveness.judge(50_000, GOOD, 0)).toBe('ping');
  });

  it('is asked for at spread times', () => {
    const liveness = new ClientLiveness(LIMITS);
    liveness.judge(0, GOOD, 1);
    expect(liveness.judge(19_999, GOOD, 1)).toBe('fine');
    expect(liveness.judge(20_000, GOOD, 1)).toBe('ping');
  });

  it('is not doubted while we do not read', () => {
    const liveness = new ClientLiveness(LIMITS);
    const verdicts = [0, 20_000, 40_000].map((nowMs) => liveness.judge(nowMs, { ...GOOD, isPaused: true }, 0));
    expect(verdicts).toEqual(['fine', 'fine', 'fine']);
  });

  it('ends when it takes nothing for long, however much it says', () => {
    const liveness = new ClientLiveness(LIMITS);
    const stuck = { ...GOOD, isBackedUp: true };
    liveness.hear();
    expect(liveness.judge(0, stuck, 0)).toBe('fine');
    expect(liveness.judge(9_000, { ...stuck, hasProgressed: true }, 0)).toBe('fine');
    expect(liveness.judge(9_500, stuck, 0)).toBe('fine');
    liveness.hear();
    expect(liveness.judge(19_499, stuck, 0)).toBe('fine');
    expect(liveness.judge(19_500, stuck, 0)).toBe('stalled');
  });
});
