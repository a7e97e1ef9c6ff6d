import { randomBytes } from 'node:crypto';
import { endpointKeyOf } from '@bowline/relay-protocol';
import { type Connection, EndpointAddr, EndpointId } from '@number0/iroh/index.js';
import {
  bindEndpoint,
  DEAF_ADDRESSES,
  ECHO_ALPN,
  echoConnections,
  LOOPBACK_ADDRESSES,
} from '../../../packages/relay-switchboard/test/support/test-device.ts';
import type { RelayProcess } from '../relay-load/relay-process.ts';
import { switchboardProcess } from './switchboard-process.ts';

/** Which of the two endpoints are behind a switchboard. */
export type Behind = 'none' | 'one' | 'both';

const MESSAGE = [1, 2, 3, 4];
const WARM_UP = 200;

/** Round trips of small messages between two iroh endpoints that nothing but the relay connects, milliseconds. */
export const echoRoundTrips = async (
  relay: RelayProcess,
  behind: Behind,
  count: number,
): Promise<readonly number[]> => {
  await using stack = new AsyncDisposableStack();
  const endpointAt = async (isBehind: boolean, addresses: readonly string[]) => {
    const secretKey = Uint8Array.from(randomBytes(32));
    const way = isBehind ? await switchboardProcess(secretKey, relay.port) : relay;
    if (way !== relay) stack.defer(() => way.end());
    const url = `http://127.0.0.1:${way.port}/`;
    const endpoint = await bindEndpoint(secretKey, [url], addresses);
    stack.defer(() => endpoint.close());
    await endpoint.online();
    return { endpoint, url, id: EndpointId.fromBytes([...endpointKeyOf(secretKey)]) };
  };
  const asking = await endpointAt(behind !== 'none', LOOPBACK_ADDRESSES);
  const answering = await endpointAt(behind === 'both', DEAF_ADDRESSES);
  const kept: Connection[] = [];
  echoConnections(answering.endpoint, kept);
  const connection = await asking.endpoint.connect(new EndpointAddr(answering.id, asking.url, []), ECHO_ALPN);
  stack.defer(() => {
    for (const each of [connection, ...kept]) each.close(0n, []);
  });
  const { send, recv } = await connection.openBi();
  const roundTripsMs: number[] = [];
  for (let index = -WARM_UP; index < count; index += 1) {
    const startedAtMs = performance.now();
    await send.writeAll(MESSAGE);
    await recv.readExact(MESSAGE.length);
    if (index >= 0) roundTripsMs.push(performance.now() - startedAtMs);
  }
  if (!connection.paths().every((path) => path.isRelay)) throw new Error('the endpoints found a direct path');
  return roundTripsMs;
};
