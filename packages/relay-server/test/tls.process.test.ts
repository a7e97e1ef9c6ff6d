import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { endpointIdOf } from '@bowline/contracts';
import {
  decodeServerHandshakeFrame,
  encodeKeyMaterialAuth,
  endpointKeyOf,
  KEY_MATERIAL_BYTES,
  KEY_MATERIAL_LABEL,
} from '@bowline/relay-protocol';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { relayServer } from '../src/index.ts';
import { runningRelay } from './running-relay.ts';
import { selfSigned } from './self-signed.ts';
import { secretKeyOf, TestClient } from './test-client.ts';

const tlsTo = async (port: number, ca: string): Promise<TLSSocket> => {
  const socket = connect({ host: '127.0.0.1', port, ca });
  await once(socket, 'secureConnect');
  return socket;
};

/** What the relay says first to a client that sends this header over this connection. */
const firstFrame = async (tls: TLSSocket, url: string, header: string): Promise<string> => {
  const socket = new WebSocket(`${url.replace('https', 'wss')}relay`, ['iroh-relay-v2'], {
    createConnection: () => tls,
    headers: { 'x-iroh-relay-client-auth-v1': header },
  });
  const [data] = (await once(socket, 'message')) as [Buffer];
  socket.terminate();
  return decodeServerHandshakeFrame(data).type;
};

describe('a relay with TLS', () => {
  it('serves clients, and makes them wait for no challenge when they prove their key in the request', async () => {
    const tls = selfSigned();
    await using server = await runningRelay({ tls });
    expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:/);
    const a = await TestClient.login(server.url, { seed: 1, ca: tls.certificatePem });
    const b = await TestClient.login(server.url, { seed: 2, ca: tls.certificatePem });
    a.sendTo(b, 'sealed');
    expect(await b.text()).toBe('sealed');

    const connection = await tlsTo(server.relay.port, tls.certificatePem);
    const secretKey = secretKeyOf(3);
    const context = Buffer.from(endpointKeyOf(secretKey));
    const material = connection.exportKeyingMaterial(KEY_MATERIAL_BYTES, KEY_MATERIAL_LABEL, context);
    expect(await firstFrame(connection, server.url, encodeKeyMaterialAuth(secretKey, material))).toBe('confirmed');
    await expect
      .poll(() => server.logger.lines.some(({ fields }) => fields.endpointId === endpointIdOf(secretKey)))
      .toBe(true);
  });

  it('falls back to a challenge when the proof is of another session', async () => {
    const tls = selfSigned();
    await using server = await runningRelay({ tls });
    for (const header of [encodeKeyMaterialAuth(secretKeyOf(3), new Uint8Array(32)), 'rubbish']) {
      const connection = await tlsTo(server.relay.port, tls.certificatePem);
      expect(await firstFrame(connection, server.url, header)).toBe('challenge');
    }
  });

  it('uses a replaced certificate for new connections and keeps the old ones', async () => {
    const before = selfSigned('before');
    const after = selfSigned('after');
    await using server = await runningRelay({ tls: before });
    const client = await TestClient.login(server.url, { ca: before.certificatePem });
    server.relay.replaceTls(after);
    const connection = await tlsTo(server.relay.port, after.certificatePem);
    expect(connection.getPeerCertificate().subject.CN).toBe('after');
    connection.destroy();
    client.sendTo(client, 'still here');
    expect(await client.text()).toBe('still here');
  });

  it('keeps the certificate in use when the new one is unusable', async () => {
    const tls = selfSigned('kept');
    await using server = await runningRelay({ tls });
    const mixed = { certificatePem: selfSigned().certificatePem, privateKeyPem: selfSigned().privateKeyPem };
    expect(() => server.relay.replaceTls(mixed)).toThrow(expect.objectContaining({ code: 'RELAY_TLS_UNUSABLE' }));
    const connection = await tlsTo(server.relay.port, tls.certificatePem);
    expect(connection.getPeerCertificate().subject.CN).toBe('kept');
    connection.destroy();
  });

  it('cannot be made with a certificate and key that do not belong together', () => {
    const mixed = { certificatePem: selfSigned().certificatePem, privateKeyPem: selfSigned().privateKeyPem };
    const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
    expect(() => relayServer({ tls: mixed })(components)).toThrow(
      expect.objectContaining({ code: 'RELAY_TLS_UNUSABLE' }),
    );
  });

  it('cuts connections that stop in the middle of the TLS handshake', async () => {
    await using server = await runningRelay({ tls: selfSigned(), handshakeTimeoutMs: 200 });
    const { connect: connectPlain } = await import('node:net');
    const socket = connectPlain(server.relay.port, '127.0.0.1');
    socket.write(Buffer.from('160301', 'hex'));
    await once(socket, 'close');
    expect(server.relay.metrics().denied['handshake-timeout']).toBe(1);
  });

  it('cannot be given one when made without', async () => {
    await using server = await runningRelay();
    expect(() => server.relay.replaceTls(selfSigned())).toThrow(expect.objectContaining({ code: 'RELAY_STATE' }));
  });
});
