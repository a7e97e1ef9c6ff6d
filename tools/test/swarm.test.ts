import { seededRandom } from '@bowline/testing';
import { expect, it } from 'vitest';
import { MessageLedger } from '../swarm/message-ledger.ts';
import { runSwarm, type SwarmInput } from '../swarm/run-swarm.ts';
import { StreamLedger, streamBytes } from '../swarm/stream-ledger.ts';
import { type HeapTimer, TimerHeap } from '../swarm/timer-heap.ts';
import { virtualTime } from '../swarm/virtual-time.ts';

const small: SwarmInput = { seed: 3, deviceCount: 6, hours: 0.2, plant: null, household: null };

it('is the same run for the same seed, another one for another, and breaks nothing', async () => {
  const first = await runSwarm(small);
  expect(first.breach).toBeNull();
  expect(first.messages).toBeGreaterThan(0);
  expect(await runSwarm(small)).toEqual(first);
  expect((await runSwarm({ ...small, seed: 4 })).timers).not.toBe(first.timers);
}, 60_000);

it('finds a planted bug, and finds it again in the household alone', async () => {
  const planted = { ...small, hours: 1, plant: 'acknowledged-too-early' };
  const { breach } = await runSwarm(planted);
  expect(breach?.what).toMatch(/is not stored/);
  const alone = await runSwarm({ ...planted, household: breach?.household ?? null });
  expect(alone.breach).toEqual(breach);
}, 60_000);

it('runs in parts what it runs as a whole', async () => {
  const whole = await runSwarm(small);
  const parts = await Promise.all([0, 1].map((index) => runSwarm({ ...small, part: { index, count: 2 } })));
  const sum = (of: 'devices' | 'timers' | 'messages'): number => parts.reduce((total, part) => total + part[of], 0);
  expect(parts.map(({ devices }) => devices)).not.toContain(0);
  expect([sum('devices'), sum('timers'), sum('messages')]).toEqual([whole.devices, whole.timers, whole.messages]);
}, 60_000);

it('gives timers out in order, whatever is set between two of them', () => {
  const random = seededRandom(5);
  const heap = new TimerHeap<HeapTimer & { name: number }>();
  const waiting: { readonly dueMs: number; readonly name: number }[] = [];
  for (let name = 0; name < 5_000; name += 1) {
    if (random.ratio() < 0.55) {
      const dueMs = Math.floor(random.ratio() * 50);
      heap.add({ dueMs, turn: 0, name });
      waiting.push({ dueMs, name });
      continue;
    }
    waiting.sort((one, other) => one.dueMs - other.dueMs || one.name - other.name);
    const untilMs = Math.floor(random.ratio() * 50);
    const isDue = waiting[0] !== undefined && waiting[0].dueMs <= untilMs;
    expect(heap.takeDue(untilMs)?.name).toBe(isDue ? waiting.shift()?.name : undefined);
  }
});

it('fires timers in the order they are due, then set, and never one that was cancelled or whose run has ended', async () => {
  const time = virtualTime();
  const told: string[] = [];
  const run = time.machine().scope();
  time.setTimer(200_000, () => told.push(`late ${time.monotonicMs()}`));
  time.setTimer(5, () => told.push('second'));
  time.setTimer(4.2, () => told.push(`first ${time.monotonicMs()}`));
  time.setTimer(5, () => told.push('third'));
  time.setTimer(6, () => told.push('cancelled'))();
  run.setTimer(7, () => told.push('ended'));
  run.end();
  await time.runUntil(300_000);
  expect(told).toEqual(['second', 'first 5', 'third', 'late 200000']);
});

it('stops the timers of a machine that sleeps, and its monotonic clock, not its wall clock', async () => {
  const time = virtualTime();
  const machine = time.machine();
  const wallMs = machine.nowMs();
  const fired: number[] = [];
  machine.setTimer(1_000, () => fired.push(time.monotonicMs()));
  await time.runUntil(400);
  machine.sleep(60_000);
  await time.runUntil(30_000);
  expect(machine.monotonicMs()).toBe(400);
  await time.runUntil(100_000);
  expect(fired).toEqual([61_000]);
  expect(machine.monotonicMs()).toBe(40_000);
  expect(machine.nowMs() - wallMs).toBe(100_000);
});

it('lets what a sleeping machine is made to set wait until it is awake', async () => {
  const time = virtualTime();
  const machine = time.machine();
  const fired: number[] = [];
  machine.sleep(60_000);
  await time.runUntil(20_000);
  machine.setTimer(500, () => fired.push(time.monotonicMs()));
  await time.runUntil(100_000);
  expect(fired).toEqual([60_500]);
});

it('drains all that a timer leads to before the next one fires', async () => {
  const time = virtualTime();
  const told: string[] = [];
  time.setTimer(5, async () => {
    for (let hop = 0; hop < 100; hop += 1) await null;
    told.push('first');
  });
  time.setTimer(5, () => told.push('second'));
  await time.runUntil(10);
  expect(told).toEqual(['first', 'second']);
});

it('says of messages what must not be: twice, out of order, acknowledged and not there, never delivered', () => {
  const said: string[] = [];
  const ledger = new MessageLedger((what) => said.push(what));
  const one = ledger.begin('a', 'b', 'kept', 0);
  const two = ledger.begin('a', 'b', 'kept', 1);
  two.confirm();
  ledger.stored(two.text);
  ledger.stored(one.text);
  ledger.stored(one.text);
  ledger.handedOver(two.text, false);
  ledger.handedOver(one.text, false);
  ledger.begin('a', 'b', 'kept', 2);
  ledger.released(one.text);
  ledger.released(two.text);
  ledger.settle('a', 'b', 10);
  expect(said).toEqual([
    'kept message 2 from a to b was acknowledged and is not stored',
    'kept message 1 from a to b was stored after number 2',
    'message 1 from a to b was stored twice',
    'kept message 1 from a to b was handed over after number 2',
    'kept message 3 from a to b was kept and never delivered',
  ]);
});

it('says of streams what must not be: another byte, an early end, a failure without a reason, one left open', () => {
  const said: string[] = [];
  const ledger = new StreamLedger((what) => said.push(what));
  const whole = ledger.begin('a', 'b', 100);
  for (const direction of ['there', 'back'] as const) {
    ledger.arrived(whole, direction, streamBytes(whole, 0, 60));
    ledger.arrived(whole, direction, streamBytes(whole, 60, 100));
    ledger.ended(whole, direction);
  }
  for (const device of ['a', 'b']) ledger.done(whole, device);
  expect([said, ledger.endedCount]).toEqual([[], 1]);

  const confused = ledger.begin('a', 'b', 100);
  ledger.arrived(confused, 'there', streamBytes(confused, 0, 60));
  ledger.arrived(confused, 'there', streamBytes(confused, 59, 70));
  ledger.ended(confused, 'there');
  ledger.failed(confused, 'a', 'STREAM_LOST');
  confused.writtenAtMs = 5;
  ledger.settle('b', 'a', 5);
  ledger.settle('b', 'a', 10);
  ledger.counted('a', 'b', 2, 10);
  expect(said.splice(0)).toEqual([
    'stream 2 from a to b, there: byte 60 is another one',
    'stream 2 from a to b, there: ended after 60 of 100 bytes',
    'stream 2 from a to b failed on a: STREAM_LOST',
    'stream 2 from a to b is still open on a and b: 60 bytes there, 0 back',
    'a has 2 streams open with b, and 1 are',
  ]);
});

it('expects nothing of a stream whose device was killed', () => {
  const said: string[] = [];
  const ledger = new StreamLedger((what) => said.push(what));
  const account = ledger.begin('a', 'b', 100);
  account.writtenAtMs = 0;
  ledger.excuse('b', null, 10);
  ledger.failed(account, 'a', 'STREAM_LOST');
  ledger.settle('a', 'b', 20);
  ledger.counted('a', 'b', 1, 20);
  expect(said).toEqual([]);
});
