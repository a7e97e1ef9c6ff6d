import { randomBytes } from 'node:crypto';
import { endpointKeyOf } from '@bowline/relay-protocol';
import { type Connection, type Endpoint, EndpointAddr, EndpointId as NativeEndpointId } from '@number0/iroh/index.js';
import type { RelayProcess } from '../../../packages/relay-switchboard/test/support/relay-process.ts';
import {
  bindEndpoint,
  DEAF_ADDRESSES,
  ECHO_ALPN,
  echoConnections,
  eventOf,
  LOOPBACK_ADDRESSES,
  TestDevice,
} from '../../../packages/relay-switchboard/test/support/test-device.ts';

/** Two endpoints with one connection between them, and nothing but relays to carry it. */
export interface EchoPair extends AsyncDisposable {
  readonly connection: Connection;
  readonly relays: readonly RelayProcess[];
  readonly relayInUse: () => RelayProcess;
  /** Resolves when a restarted relay is in use again as a home or a standby; at once where that cannot be seen. */
  readonly backAt: (relay: RelayProcess) => Promise<unknown>;
}

/** Makes a pair that knows two relays. */
export type Contender = (relays: readonly RelayProcess[]) => Promise<EchoPair>;

/** Each endpoint behind a switchboard of its own. */
export const switchboardPair: Contender = async (relays) => {
  const urls = relays.map(({ url }) => url);
  const alice = await TestDevice.start(urls);
  const bob = await TestDevice.start(urls, DEAF_ADDRESSES);
  bob.serveEcho();
  const connection = await alice.dial(bob.endpointId);
  return {
    connection,
    relays,
    relayInUse: () => {
      const url = alice.switchboard.toldOf('route.changed').at(-1)?.relayUrl;
      return pick(relays, (relay) => relay.url === url);
    },
    backAt: (relay) =>
      Promise.all(
        [alice, bob].map(({ switchboard }) => {
          const told = switchboard.toldOf('relay.stateChanged');
          const lostAt = told.findLastIndex(({ state, url }) => url === relay.url && state === 'down');
          return eventOf(
            switchboard,
            'relay.stateChanged',
            (status) =>
              status.url === relay.url &&
              status.state === 'connected' &&
              switchboard.toldOf('relay.stateChanged').lastIndexOf(status) > lostAt,
          );
        }),
      ),
    [Symbol.asyncDispose]: async () => {
      await alice[Symbol.asyncDispose]();
      await bob[Symbol.asyncDispose]();
    },
  };
};

/** Time given to iroh to log in again after a relay restart, milliseconds: its own back-off reaches 16 s, its report 26 s. */
const NATIVE_BACK_MS = 30_000;

/** Each endpoint knowing both relays itself. */
export const nativePair: Contender = async (relays) => {
  const urls = relays.map(({ url }) => url);
  const [aliceKey, bobKey] = [Uint8Array.from(randomBytes(32)), Uint8Array.from(randomBytes(32))];
  const alice = await bindEndpoint(aliceKey, urls, LOOPBACK_ADDRESSES);
  const bob = await bindEndpoint(bobKey, urls, DEAF_ADDRESSES);
  await Promise.all([alice.online(), bob.online()]);
  const kept: Connection[] = [];
  echoConnections(bob, kept);
  const relayUrl = homeOf(bob);
  const bobId = NativeEndpointId.fromBytes([...endpointKeyOf(bobKey)]);
  const connection = await alice.connect(new EndpointAddr(bobId, relayUrl, []), ECHO_ALPN);
  return {
    connection,
    relays,
    relayInUse: () => pick(relays, (relay) => relay.url === relayUrl),
    backAt: () => new Promise((resolve) => setTimeout(resolve, NATIVE_BACK_MS)),
    [Symbol.asyncDispose]: async () => {
      connection.close(0n, []);
      await Promise.all([alice.close(), bob.close()]);
    },
  };
};

const homeOf = (endpoint: Endpoint): string => {
  const url = endpoint.addr().relayUrl();
  if (url === null) throw new Error('the endpoint is online without a relay');
  return url;
};

const pick = (relays: readonly RelayProcess[], is: (relay: RelayProcess) => boolean): RelayProcess => {
  const found = relays.find(is);
  if (found === undefined) throw new Error('the connection uses a relay that was not started');
  return found;
};
