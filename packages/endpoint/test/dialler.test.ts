import { brandAs, type ConnectionId, type DialInput, endpointIdOf, type SocketAddress } from '@bowline/contracts';
import { fakeClock, settle } from '@bowline/testing';
import { expect, test, vi } from 'vitest';
import type { BoundIroh } from '../src/bound-iroh.ts';
import { dialler } from '../src/dialler.ts';
import { ENDPOINT_DEFAULTS } from '../src/options.ts';

const [ME, OTHER] = [1, 2].map((seed) => endpointIdOf(new Uint8Array(32).fill(seed))) as [never, never];

test('every address dialled by itself is an attempt that is over once iroh has given it up', async () => {
  const clock = fakeClock();
  const refuse: (() => void)[] = [];
  const native = {
    connect: () => new Promise((_resolve, reject) => refuse.push(() => reject(new Error('refused')))),
    close: async () => undefined,
  };
  const from = {
    endpointId: ME,
    native,
    bindAside: async () => native,
    relays: { loopbackUrl: () => null },
    impostors: { plan: () => ({ kind: 'wait', waitMs: 1 }) },
  } as unknown as BoundIroh;
  const noteOver = vi.fn();
  const { dial } = dialler(clock, ENDPOINT_DEFAULTS, { noteOver });
  const input: DialInput = {
    from: ME,
    to: OTHER,
    connectionId: brandAs<ConnectionId>('one'),
    alpn: 'test/1',
    directAddresses: ['127.0.0.1:1', '127.0.0.1:2'].map((text) => brandAs<SocketAddress>(text)),
    throughRelay: false,
    isHearsay: true,
    timeoutMs: 10_000,
  };
  const dialled = expect(dial(from, input, new AbortController().signal)).rejects.toMatchObject({
    code: 'DIAL_FAILED',
  });
  await settle();
  expect(refuse).toHaveLength(2);
  // Longer than one address is waited for: iroh goes on by itself.
  await clock.advance(5_000);
  await dialled;
  expect(noteOver).not.toHaveBeenCalled();
  for (const each of refuse) each();
  await settle();
  expect(noteOver).toHaveBeenCalledTimes(2);
});
