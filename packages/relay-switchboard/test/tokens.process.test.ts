import type { RelayUrl } from '@bowline/contracts';
import { type RelayServer, relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EchoStream } from './support/echo-stream.ts';
import { DEAF_ADDRESSES, eventOf, LOOPBACK_ADDRESSES, TestDevice, urlFor } from './support/test-device.ts';

/** Longest gap of a 20 ms echo that passes when a login is begun anew; it takes some 50 ms on a quiet machine. */
const UNNOTICED_MS = 3_000;

let stack: AsyncDisposableStack;
let relay: RelayServer;
let url: RelayUrl;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  relay = relayServer({ port: 0, bindAddress: '127.0.0.1', access: { tokens: ['first'] } })({
    clock: systemClock,
    random: systemRandom,
    logger: memoryLogger(),
  });
  await relay.start();
  stack.defer(() => relay.stop());
  url = urlFor(relay.url);
});

afterEach(() => stack.disposeAsync());

const useToken = (device: TestDevice, token: string): Promise<void> =>
  device.switchboard.client.request('configureRelays', { relays: [{ url, token, tier: 0 }] });

const deviceAt = async (addresses: readonly string[]): Promise<TestDevice> => {
  const device = stack.use(await TestDevice.start([], addresses));
  await useToken(device, 'first');
  await eventOf(device.switchboard, 'relay.homeChanged', ({ homeRelayUrl }) => homeRelayUrl === url);
  return device;
};

/** Times a device was logged in at the relay, or was refused there. */
const told = (device: TestDevice, state: 'connected' | 'down'): number =>
  device.switchboard.toldOf('relay.stateChanged').filter((status) => status.state === state).length;

const echoing = async () => {
  const [alice, bob] = [await deviceAt(LOOPBACK_ADDRESSES), await deviceAt(DEAF_ADDRESSES)];
  bob.serveEcho();
  const connection = await alice.dial(bob.endpointId);
  const echo = await EchoStream.open(connection);
  await echo.more(25);
  echo.resetGap();
  return { alice, bob, connection, echo };
};

describe('a token that is changed while a relay is in use', () => {
  it('leaves the login as it is, which was let in with the old one', async () => {
    const { alice, bob, echo } = await echoing();
    relay.replaceAccess({ tokens: ['second'] });
    await Promise.all([useToken(alice, 'second'), useToken(bob, 'second')]);
    await echo.more(50);
    expect(echo.report.longestGapMs).toBeLessThan(UNNOTICED_MS);
    expect([told(alice, 'down'), told(bob, 'down')]).toEqual([0, 0]);
  });

  it('is used by the next login, and the connection does not notice', async () => {
    const { alice, bob, connection, echo } = await echoing();
    relay.replaceAccess({ tokens: ['second'] });
    await Promise.all([useToken(alice, 'second'), useToken(bob, 'second')]);
    expect(relay.dismiss(alice.endpointId)).toBe(true);
    await expect.poll(() => told(alice, 'connected')).toBe(2);
    await echo.more(50);
    console.info(`token changed, logged in anew: longest gap ${echo.report.longestGapMs.toFixed(0)} ms`);
    expect(echo.report.longestGapMs).toBeLessThan(UNNOTICED_MS);
    expect(connection.closeReason()).toBeNull();
  });

  it('brings back a relay that was down because the old one is refused, without waiting', async () => {
    const alice = await deviceAt(LOOPBACK_ADDRESSES);
    relay.replaceAccess({ tokens: ['second'] });
    relay.dismiss(alice.endpointId);
    await eventOf(alice.switchboard, 'relay.stateChanged', ({ downReason }) => downReason === 'auth');
    await useToken(alice, 'second');
    await expect.poll(() => told(alice, 'connected')).toBe(2);
    expect(JSON.stringify(alice.switchboard.logger.lines)).not.toMatch(/first|second/);
  });
});
