import { brandAs, type RelayUrl } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { describe, expect, it, onTestFinished } from 'vitest';
import { relayArrangement } from '../../packages/endpoint/src/relay-arrangement.ts';
import { slowPingProxy } from '../../packages/endpoint/test/slow-ping-proxy.ts';
import { runningRelay } from '../../packages/relay-server/test/running-relay.ts';
import { EchoStream } from '../../packages/relay-switchboard/test/support/echo-stream.ts';
import { RelayProcess } from '../../packages/relay-switchboard/test/support/relay-process.ts';
import {
  DEAF_ADDRESSES,
  LOOPBACK_ADDRESSES,
  TestDevice,
} from '../../packages/relay-switchboard/test/support/test-device.ts';
import { realRelay } from './real-relay.ts';

/** Below the ports that a system chooses by itself, so that nobody else is given it. */
const REAL_PORT = 13_421;

/** Far above what a relay on this machine takes: iroh's home moves away from loopback, as with a real answer. */
const PING_DELAY_MS = 400;

/** Nobody answers there: an answer needs a certificate of a public authority, which a test has not. */
const QUIC_PORT = 9;

/** 20 s of echoes. */
const ECHOES = 1_000;

/** Longest gap that passes; on a quiet machine it is below 100 ms, but others may use it. Who stays parked is silent for good. */
const UNNOTICED_MS = 5_000;

const PATIENCE = { timeout: 20_000 };

type Start = () => Promise<{ readonly url: string }>;

const RELAYS: readonly (readonly [string, Start])[] = [
  [
    'our relay',
    async () => {
      const server = await runningRelay({});
      onTestFinished(() => server[Symbol.asyncDispose]());
      return server;
    },
  ],
  ['iroh-relay', () => realRelay(REAL_PORT)],
];

/** A device whose endpoint finds its loopback relay slow, and what it does about addresses. */
const deviceAt = async (relayUrl: RelayUrl, addresses: readonly string[]) => {
  const device = await TestDevice.start([relayUrl], addresses, async (loopbackUrl) => {
    const proxy = await slowPingProxy(loopbackUrl, PING_DELAY_MS);
    onTestFinished(() => proxy.close());
    return proxy.url;
  });
  onTestFinished(() => device[Symbol.asyncDispose]());
  const { endpoint, endpointId, loopbackUrl } = device;
  const arrangement = relayArrangement(endpoint, endpointId, { loopbackRelayUrl: loopbackUrl }, systemClock);
  onTestFinished(() => arrangement.stop());
  const statesAtRelay = () => device.switchboard.toldOf('relay.stateChanged').filter(({ url }) => url === relayUrl);
  return {
    device,
    discover: async () => {
      await arrangement.discover({ url: relayUrl, quicPort: QUIC_PORT });
      await expect.poll(() => endpoint.addr().relayUrl(), PATIENCE).toBe(relayUrl);
    },
    displacements: () => statesAtRelay().filter(({ downReason }) => downReason === 'displaced').length,
    isBack: () => expect.poll(() => statesAtRelay().at(-1)?.state, PATIENCE).toBe('connected'),
  };
};

/** Two devices with an echo through one relay, at which each endpoint is about to log in itself. */
const echoingAt = async (relayUrl: string) => {
  const url = brandAs<RelayUrl>(new URL(relayUrl).href);
  const alice = await deviceAt(url, LOOPBACK_ADDRESSES);
  const bob = await deviceAt(url, DEAF_ADDRESSES);
  bob.device.serveEcho();
  const connection = await alice.device.dial(bob.device.endpointId);
  const echo = await EchoStream.open(connection);
  await echo.more(50);
  echo.resetGap();
  const displacements = (): readonly number[] => [alice.displacements(), bob.displacements()];
  const both = async (act: (device: typeof alice) => Promise<unknown>): Promise<void> => {
    await Promise.all([alice, bob].map(act));
  };
  return { both, connection, displacements, echo };
};

describe.each(RELAYS)('a relay shared by an endpoint and its switchboard: %s', (_, start) => {
  it('lets each device log in again once, and the connection does not notice', async () => {
    const { both, connection, displacements, echo } = await echoingAt((await start()).url);
    await both((device) => device.discover());
    await echo.more(ECHOES);
    console.info(`displaced ${displacements().join(' and ')} times, gap ${echo.report.longestGapMs.toFixed(0)} ms`);
    expect(displacements()).toEqual([1, 1]);
    await both((device) => device.isBack());
    expect(echo.report.longestGapMs).toBeLessThan(UNNOTICED_MS);
    expect(connection.closeReason()).toBeNull();
    expect(connection.paths().every((path) => path.isRelay)).toBe(true);
  });
});

describe('a relay shared by an endpoint and its switchboard that restarts', () => {
  it('has both log in again, in whatever order, and then leave each other alone', async () => {
    await using relay = await RelayProcess.start();
    const { both, connection, displacements, echo } = await echoingAt(relay.url);
    await both((device) => device.discover());
    await echo.more(50);
    await relay.kill();
    await relay.start();
    await echo.more(ECHOES);
    console.info(`restarted: displaced ${displacements().join(' and ')} times`);
    for (const count of displacements()) expect(count).toBeLessThanOrEqual(3);
    await both((device) => device.isBack());
    expect(connection.closeReason()).toBeNull();
  });
});
