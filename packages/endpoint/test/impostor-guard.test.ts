import { brandAs, type EndpointId, type SocketAddress } from '@bowline/contracts';
import { expect, test } from 'vitest';
import { impostorGuard } from '../src/impostor-guard.ts';

const idOf = (name: number): EndpointId => brandAs<EndpointId>(String(name).padStart(64, '0'));
const [one, two, three] = ['10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1'].map((text) => brandAs<SocketAddress>(text)) as [
  SocketAddress,
  SocketAddress,
  SocketAddress,
];
const A = idOf(1);
const FORGOTTEN_MS = 62_000;
const HOUR_MS = 3_600_000;

test('dials everything while nothing happened', () => {
  expect(impostorGuard().plan(A, [one, two], true, 0)).toEqual({ kind: 'dial', directAddresses: [one, two] });
});

test('waits until iroh has forgotten, for that endpoint alone', () => {
  const guard = impostorGuard();
  guard.noteImpostor(A, [one, two], 1_000);
  expect(guard.plan(A, [two], true, 11_000)).toEqual({ kind: 'wait', waitMs: FORGOTTEN_MS - 10_000 });
  expect(guard.plan(idOf(2), [one], true, 11_000).kind).toBe('dial');
});

test('afterwards dials by relay alone for an hour', () => {
  const guard = impostorGuard();
  guard.noteImpostor(A, [one, two], 0);
  expect(guard.plan(A, [one, two], true, FORGOTTEN_MS)).toEqual({ kind: 'dial', directAddresses: [] });
  expect(guard.plan(A, [one, two], true, HOUR_MS - 1)).toEqual({ kind: 'dial', directAddresses: [] });
  expect(guard.plan(A, [one, two], true, HOUR_MS)).toEqual({ kind: 'dial', directAddresses: [one, two] });
});

test('without a relay finds the wrong address by dialling one at a time', () => {
  const guard = impostorGuard();
  let nowMs = 0;
  const tries: (readonly SocketAddress[])[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const plan = guard.plan(A, [one, two, three], false, nowMs);
    if (plan.kind === 'wait') throw new Error('waits too long');
    tries.push(plan.directAddresses);
    if (plan.directAddresses.includes(one) || plan.directAddresses.includes(two)) {
      guard.noteImpostor(A, plan.directAddresses, nowMs);
    }
    nowMs += FORGOTTEN_MS;
  }
  expect(tries).toEqual([[one, two, three], [one], [two], [three], [three]]);
});

test('begins again when every address was wrong once', () => {
  const guard = impostorGuard();
  guard.noteImpostor(A, [one], 0);
  expect(guard.plan(A, [one], false, FORGOTTEN_MS)).toEqual({ kind: 'dial', directAddresses: [one] });
});

test('remembers a bounded number of endpoints', () => {
  const guard = impostorGuard();
  for (let name = 0; name <= 256; name += 1) guard.noteImpostor(idOf(name), [one], 0);
  expect(guard.plan(idOf(0), [one], true, 1).kind).toBe('dial');
  expect(guard.plan(idOf(1), [one], true, 1).kind).toBe('wait');
});
