/**
 * One end of an echo: `echo-device.ts switchboard|native RELAY_URL,RELAY_URL [PEER_ID PEER_RELAY_URL]`. Without a peer it
 * answers. Prints JSON lines: `online` with its id and home, `echoing`, and `report` for every line it reads; a line
 * `reset` forgets the longest gap.
 */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { RelayUrl } from '@bowline/contracts';
import { endpointKeyOf } from '@bowline/relay-protocol';
import { type Connection, type Endpoint, EndpointAddr, EndpointId } from '@number0/iroh/index.js';
import { EchoStream } from '../../../packages/relay-switchboard/test/support/echo-stream.ts';
import {
  bindEndpoint,
  ECHO_ALPN,
  echoConnections,
  TestDevice,
} from '../../../packages/relay-switchboard/test/support/test-device.ts';

const ANYWHERE = ['0.0.0.0:0', '[::]:0'];

/** An endpoint with its relays, whoever handles them. */
interface EchoEnd {
  readonly endpoint: Endpoint;
  readonly id: string;
  readonly home: string;
  /** By which URL this end dials a peer that is at `peerRelayUrl`. */
  readonly wayTo: (peerRelayUrl: string) => string;
  /** Relays it is logged in at, and the one its peer was last heard on, as far as that can be seen. */
  readonly relays: () => Promise<{ readonly connected: readonly string[] | null; readonly inUse: string | null }>;
}

const behindSwitchboard = async (urls: readonly RelayUrl[]): Promise<EchoEnd> => {
  const { endpoint, endpointId, loopbackUrl, switchboard } = await TestDevice.start(urls, ANYWHERE);
  return {
    endpoint,
    id: endpointId,
    home: switchboard.toldOf('relay.homeChanged').at(-1)?.homeRelayUrl ?? '',
    wayTo: () => loopbackUrl,
    relays: async () => {
      const { relays } = await switchboard.client.request('status', {});
      return {
        connected: relays.filter(({ state }) => state === 'connected').map(({ url }) => url),
        inUse: switchboard.toldOf('route.changed').at(-1)?.relayUrl ?? null,
      };
    },
  };
};

const native = async (urls: readonly string[]): Promise<EchoEnd> => {
  const secretKey = Uint8Array.from(randomBytes(32));
  const endpoint = await bindEndpoint(secretKey, urls, ANYWHERE);
  await endpoint.online();
  return {
    endpoint,
    id: Buffer.from(endpointKeyOf(secretKey)).toString('hex'),
    home: endpoint.addr().relayUrl() ?? '',
    wayTo: (peerRelayUrl) => peerRelayUrl,
    relays: async () => ({ connected: null, inUse: null }),
  };
};

const tell = (event: string, facts: object): void => {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
};

const [kind, relayUrls = '', peerId, peerRelayUrl = ''] = process.argv.slice(2);
const urls = relayUrls.split(',') as RelayUrl[];
const end = await (kind === 'native' ? native(urls) : behindSwitchboard(urls));
/** Held, for iroh closes what is collected. */
const kept: Connection[] = [];
let echo: EchoStream | null = null;
tell('online', { id: end.id, home: end.home });

if (peerId === undefined) {
  echoConnections(end.endpoint, kept);
} else {
  const id = EndpointId.fromBytes([...Buffer.from(peerId, 'hex')]);
  const connection = await end.endpoint.connect(new EndpointAddr(id, end.wayTo(peerRelayUrl), []), ECHO_ALPN);
  kept.push(connection);
  echo = await EchoStream.open(connection);
  tell('echoing', {});
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'reset') echo?.resetGap();
  const [connection] = kept;
  tell('report', {
    ...(await end.relays()),
    ...echo?.report,
    closeReason: connection?.closeReason() ?? null,
    isRelayed: connection?.paths().every((path) => path.isRelay) ?? null,
  });
}
process.exit(0);
