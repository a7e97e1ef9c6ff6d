import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brandAs, type EndpointId, type RelayObserver } from '@bowline/contracts';
import { writeObservers } from '@bowline/observe-protocol';
import { type RelayServer, type RelayServerOptions, relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { selfSigned } from '../../relay-server/test/self-signed.ts';
import type { RelaySwitchboardOptionsInput } from '../src/index.ts';
import { settingsOf, startedSwitchboard, urlFor } from './support/test-device.ts';

const observers = [
  { endpointId: brandAs<EndpointId>('ab'.repeat(32)), port: 3_340 },
  { endpointId: brandAs<EndpointId>('cd'.repeat(32)), port: 3_341 },
];
const found = observers.map(({ endpointId, port }) => ({ endpointId, directAddresses: [`127.0.0.1:${port}`] }));

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

const relay = async (options: Partial<RelayServerOptions> = {}): Promise<RelayServer> => {
  const server = relayServer({ port: 0, bindAddress: '127.0.0.1', observers, ...options })({
    clock: systemClock,
    random: systemRandom,
    logger: memoryLogger(),
  });
  await server.start();
  stack.defer(() => server.stop());
  return server;
};

/** What a device finds at a relay that it uses. */
const observersAt = async (
  url: string,
  options: RelaySwitchboardOptionsInput = {},
  configured = [url],
): Promise<readonly RelayObserver[] | null> => {
  const harness = await startedSwitchboard(options);
  stack.defer(() => harness.actor.stop());
  await harness.client.request('configureRelays', { relays: settingsOf(...configured.map(urlFor)) });
  return (await harness.client.request('findObservers', { relayUrl: urlFor(url) })).observers;
};

const webServer = async (body: string): Promise<{ readonly url: string; readonly paths: string[] }> => {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, paths };
};

it('finds the observers of a relay at the address of its host', async () => {
  expect(await observersAt((await relay()).url)).toEqual(found);
});

it('prefers IPv4 where the relay has both families', async () => {
  const { port } = await relay();
  expect(await observersAt(`http://localhost:${port}/`)).toEqual(found);
});

it('finds none at a relay without any', async () => {
  expect(await observersAt((await relay({ observers: [] })).url)).toEqual([]);
});

it('trusts the authorities that relays are trusted by, and no others', async () => {
  const tls = selfSigned();
  const { url } = await relay({ tls });
  expect(await observersAt(url, { caCertificates: [tls.certificatePem] })).toEqual(found);
  expect(await observersAt(url)).toBeNull();
});

it.each([[[]], [['http://127.0.0.1:9/']]])('asks no relay that is not configured (%j are)', async (configured) => {
  const { url, paths } = await webServer('');
  expect(await observersAt(url, {}, configured)).toEqual([]);
  expect(paths).toEqual([]);
});

it('asks no relay behind a proxy, because UDP does not pass it', async () => {
  const { url: proxyUrl, paths } = await webServer('');
  expect(await observersAt('http://relay.invalid/', { proxy: { url: proxyUrl, noProxy: [] } })).toEqual([]);
  expect(paths).toEqual([]);
});

it.each([
  ['a page', '<html></html>'],
  ['more than a list can be', `${' '.repeat(5_000)}${writeObservers(observers)}`],
])('finds none at a web server that answers %s', async (_what, body) => {
  const { url, paths } = await webServer(body);
  expect(await observersAt(url)).toEqual([]);
  expect(paths).toContain('/observer');
});

it('does not know of any where nobody listens', async () => {
  expect(await observersAt('http://127.0.0.1:9/')).toBeNull();
});
