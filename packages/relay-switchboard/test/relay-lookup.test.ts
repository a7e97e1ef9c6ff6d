import type { LookupAddress } from 'node:dns';
import { type FakeClock, fakeClock, settle } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { type LookupAll, relayLookup } from '../src/relay-lookup.ts';

const V4: LookupAddress = { address: '192.0.2.1', family: 4 };
const V6: LookupAddress = { address: '2001:db8::1', family: 6 };

let clock: FakeClock;
let asked: { readonly hostname: string; readonly found: Parameters<LookupAll>[1] }[];
let lookup: ReturnType<typeof relayLookup>;

beforeEach(() => {
  clock = fakeClock();
  asked = [];
  lookup = relayLookup(clock, (hostname, found) => asked.push({ hostname, found }));
});

/** What a socket is told; `undefined` while it waits. */
const ask = (hostname: string, family = 0): { answer: unknown } => {
  const told: { answer: unknown } = { answer: undefined };
  lookup(hostname, { all: true, family }, (error, addresses) => {
    told.answer = error?.code ?? addresses;
  });
  return told;
};

const timeout = Object.assign(new Error('silent'), { code: 'EAI_AGAIN' });

describe('a look-up', () => {
  it('answers what the system finds', () => {
    const told = ask('relay.example');
    asked[0]?.found(null, [V4, V6]);
    expect(told.answer).toEqual([V4, V6]);
    const one = ask('relay.example', 6);
    asked[1]?.found(null, [V4, V6]);
    expect(one.answer).toEqual([V6]);
  });

  it('is shared by all who ask while it is under way', () => {
    const told = [ask('relay.example'), ask('relay.example')];
    expect(asked).toHaveLength(1);
    asked[0]?.found(null, [V4]);
    expect(told.map(({ answer }) => answer)).toEqual([[V4], [V4]]);
  });

  it('uses the addresses of last time where the name server is silent or fails', async () => {
    ask('relay.example');
    asked[0]?.found(null, [V4]);
    const silent = ask('relay.example');
    await clock.advance(500);
    expect(silent.answer).toEqual([V4]);
    asked[1]?.found(timeout, []);
    const failed = ask('relay.example');
    asked[2]?.found(timeout, []);
    expect(failed.answer).toEqual([V4]);
  });

  it('takes what is found later, though nobody waits any more', async () => {
    ask('relay.example');
    asked[0]?.found(null, [V4]);
    ask('relay.example');
    await clock.advance(500);
    asked[1]?.found(null, [V6]);
    const next = ask('relay.example');
    await clock.advance(500);
    expect(next.answer).toEqual([V6]);
  });

  it('fails where nothing was ever found', async () => {
    const told = ask('relay.example');
    await clock.advance(60_000);
    expect(told.answer).toBeUndefined();
    asked[0]?.found(timeout, []);
    expect(told.answer).toBe('EAI_AGAIN');
  });

  it('holds at most two threads for one name, however often it is asked', async () => {
    for (let count = 0; count < 60; count += 1) {
      ask('relay.example');
      await clock.advance(1_000);
    }
    expect(asked).toHaveLength(2);
    await settle();
  });

  it('remembers 64 names', () => {
    for (let count = 0; count < 65; count += 1) {
      ask(`r${count}.example`);
      asked.at(-1)?.found(null, [V4]);
    }
    const first = ask('r0.example');
    asked.at(-1)?.found(timeout, []);
    expect(first.answer).toBe('EAI_AGAIN');
    const last = ask('r64.example');
    asked.at(-1)?.found(timeout, []);
    expect(last.answer).toEqual([V4]);
  });
});
