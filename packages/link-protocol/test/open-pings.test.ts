import { fakeClock } from '@bowline/testing';
import { expect, it } from 'vitest';
import { openPings } from '../src/open-pings.ts';

it('measures a ping whose nonce came again from the last time it was sent', async () => {
  const clock = fakeClock();
  const pings = openPings(clock, { least: 5, count: 3 });
  const nonces: number[] = [];
  for (let sent = 0; sent < 4; sent += 1) {
    await clock.advance(100);
    nonces.push(pings.open());
  }
  expect(nonces).toEqual([5, 6, 7, 5]);
  await clock.advance(10);
  expect([pings.answer(5), pings.answer(5), pings.answer(6)]).toEqual([10, null, 210]);
});

it('forgets the oldest of too many that nobody waits for', () => {
  const pings = openPings(fakeClock());
  const nonces = Array.from({ length: 257 }, () => pings.open());
  const answers = nonces.map((nonce) => pings.answer(nonce));
  expect([answers[0], answers[1], answers[256]]).toEqual([null, 0, 0]);
});
