import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import {
  decodeServerHandshakeFrame,
  encodeKeyMaterialAuth,
  endpointKeyOf,
  KEY_MATERIAL_BYTES,
  KEY_MATERIAL_LABEL,
} from '@bowline/relay-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { runningRelay } from '../../packages/relay-server/test/running-relay.ts';
import { selfSigned } from '../../packages/relay-server/test/self-signed.ts';
import { secretKeyOf } from '../../packages/relay-server/test/test-client.ts';
import { eventOf, startedSwitchboard, urlFor } from '../../packages/relay-switchboard/test/support/test-device.ts';
import { type RelayCertificate, realTlsRelay } from './real-relay.ts';

const TOKEN = 'a-shared-token';
/** Below the ports the system gives to clients, any of which may be taken for a moment. */
const REAL_PORT = 13_410;

/** Starts a relay with TLS that ends with the test. */
type Start = (tls: RelayCertificate) => Promise<{ readonly url: string }>;

const ours: Start = async (tls) => {
  const server = await runningRelay({ tls });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
};

const RELAYS: readonly (readonly [string, Start])[] = [
  ['our relay', ours],
  ['iroh-relay', (tls) => realTlsRelay(REAL_PORT, tls)],
];

const tlsTo = async (url: string, ca: string): Promise<TLSSocket> => {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  return socket;
};

/** What a relay says first to a client that proves its key over `proven` and asks over `asking`. */
const firstFrame = async (url: string, asking: TLSSocket, proven: TLSSocket): Promise<string> => {
  const secretKey = secretKeyOf(1);
  const context = Buffer.from(endpointKeyOf(secretKey));
  const material = proven.exportKeyingMaterial(KEY_MATERIAL_BYTES, KEY_MATERIAL_LABEL, context);
  const socket = new WebSocket(`${url.replace('https', 'wss')}relay`, ['iroh-relay-v2'], {
    createConnection: () => asking,
    headers: { 'x-iroh-relay-client-auth-v1': encodeKeyMaterialAuth(secretKey, material) },
  });
  const [data] = (await once(socket, 'message')) as [Buffer];
  socket.terminate();
  return decodeServerHandshakeFrame(data).type;
};

describe.each(RELAYS)('%s with TLS', (_, start) => {
  it('lets a client in at once that proves its key over the TLS session', async () => {
    const tls = selfSigned();
    const { url } = await start(tls);
    const session = await tlsTo(url, tls.certificatePem);
    expect(await firstFrame(url, session, session)).toBe('confirmed');
  });

  it('challenges it when the proof is of another session', async () => {
    const tls = selfSigned();
    const { url } = await start(tls);
    const [one, other] = [await tlsTo(url, tls.certificatePem), await tlsTo(url, tls.certificatePem)];
    expect(await firstFrame(url, one, other)).toBe('challenge');
    other.destroy();
  });
});

describe('the switchboard at iroh-relay with TLS', () => {
  it('is refused with the wrong token, and let in as soon as it is given the right one', async () => {
    const tls = selfSigned();
    const { url } = await realTlsRelay(REAL_PORT, tls, `access.shared_token = ["${TOKEN}"]`);
    const harness = await startedSwitchboard({ caCertificates: [tls.certificatePem] });
    onTestFinished(() => harness.actor.stop());
    await harness.client.request('admit', { secretKey: secretKeyOf(1) });
    const useToken = (token: string) =>
      harness.client.request('configureRelays', { relays: [{ url: urlFor(url), token, tier: 0 }] });
    await useToken('another');
    await eventOf(harness, 'relay.stateChanged', ({ downReason }) => downReason === 'auth');
    await useToken(TOKEN);
    await eventOf(harness, 'relay.stateChanged', ({ state }) => state === 'connected');
  });
});
