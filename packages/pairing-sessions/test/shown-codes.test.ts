import { brandAs, type EndpointId } from '@bowline/contracts';
import { derivePairingKeys } from '@bowline/pairing-code';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { type ShownCode, shownCodes } from '../src/shown-codes.ts';

const REMEMBER_MS = 600_000;
const USED = { reason: 'code-used', pairedWith: null } as const;
const JOINER = brandAs<EndpointId>('cc'.repeat(32));

const shown = (number: number): ShownCode => ({
  keys: derivePairingKeys(new Uint8Array(16).fill(number)),
  refusalFor: () => null,
});

const arrange = (maxEndedCodes = 64) => {
  const clock = fakeClock();
  const book = shownCodes(clock, { maxEndedCodes, rememberMs: REMEMBER_MS });
  const codes = [1, 2, 3].map(shown);
  for (const code of codes) book.add(code);
  const told = () => codes.map(({ keys }) => book.findByRendezvous(keys.rendezvousEndpointId)?.refusalFor(JOINER));
  return { clock, book, codes, told };
};

describe('a code that ended', () => {
  it('is remembered for a while, and then forgotten with its keys', async () => {
    const { clock, book, codes, told } = arrange();
    book.end(codes[0]!, USED);
    await clock.advance(REMEMBER_MS - 1);
    expect(told()).toEqual(['code-used', null, null]);
    await clock.advance(1);
    expect(told()).toEqual([undefined, null, null]);
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('is forgotten after a sleep of the machine, in which no timer ran', () => {
    const { clock, book, codes, told } = arrange();
    book.end(codes[0]!, USED);
    clock.setWallTime(clock.nowMs() + REMEMBER_MS);
    expect(told()[0]).toBeUndefined();
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('gives way to newer ones when there are many', () => {
    const { clock, book, codes, told } = arrange(2);
    for (const code of codes) book.end(code, USED);
    expect(told()).toEqual([undefined, 'code-used', 'code-used']);
    expect(clock.pendingTimerCount).toBe(2);
  });

  it('is forgotten at once when the actor stops; an open one is not', () => {
    const { clock, book, codes, told } = arrange();
    book.end(codes[0]!, USED);
    book.stop();
    expect(told()).toEqual([undefined, null, null]);
    expect(clock.pendingTimerCount).toBe(0);
  });
});
