import { brandAs, type Candidate, type EndpointId } from '@bowline/contracts';
import { fakeClock } from '@bowline/testing';
import { expect, it } from 'vitest';
import { turns } from '../src/turns.ts';

const candidate = (name: string): Candidate => ({
  source: 'mdns',
  kind: 'device',
  address: { endpointId: brandAs<EndpointId>(name), directAddresses: [], relayUrls: [] },
});

/** One place; whoever has it says nothing. */
const onePlace = () => {
  const clock = fakeClock();
  const asked: string[] = [];
  const begun: string[] = [];
  let isFree = true;
  const queue = turns({
    clock,
    isCrowded: () => !isFree,
    canEnd: (key) => {
      asked.push(key);
      return false;
    },
    begin: (key) => {
      begun.push(key);
      isFree = false;
    },
    end: (key) => ({ candidate: candidate(key), sinceMs: 0 }),
  });
  const free = () => {
    isFree = true;
    queue.pass();
  };
  return { queue, asked, begun, free };
};

it('is not asked any more about one that was forgotten', () => {
  const { queue, asked, begun, free } = onePlace();
  for (const key of ['first', 'second', 'third']) queue.take(key, candidate(key));
  expect(asked).toContain('first');
  queue.forget('first');
  asked.length = 0;
  free();
  expect(begun).toEqual(['first', 'second']);
  expect(asked).toContain('second');
  expect(asked).not.toContain('first');
});
