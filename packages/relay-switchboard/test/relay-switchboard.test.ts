import { actorHarness } from '@bowline/testing';
import { expect, it } from 'vitest';
import { relaySwitchboard } from '../src/index.ts';
import { settings } from './support/simulated-device.ts';

/** Relays that nobody reaches: what is asked for is not answered. */
const silentDial = () => ({
  bufferedBytes: 0,
  isStranded: false,
  unreachedReason: 'tcp' as const,
  send: () => undefined,
  terminate: () => undefined,
});

it('sets no timer while there are no relays, and looks at them regularly while there are', async () => {
  const { actor, client, clock } = actorHarness((components) =>
    relaySwitchboard()({ ...components, dial: silentDial }),
  );
  await actor.start();
  await client.request('admit', { secretKey: new Uint8Array(32).fill(1) });
  expect(clock.pendingTimerCount).toBe(0);
  await client.request('configureRelays', { relays: [settings('a')] });
  const withRelay = clock.pendingTimerCount;
  expect(withRelay).toBeGreaterThan(0);
  await clock.advance(10_000);
  expect(clock.pendingTimerCount).toBeGreaterThan(0);
  await client.request('configureRelays', { relays: [] });
  await clock.advance(60_000);
  expect(clock.pendingTimerCount).toBe(0);
  await actor.stop();
});
