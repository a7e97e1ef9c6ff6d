import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { brandAs, type RelayUrl } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { freePort } from '@bowline/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { selfSigned } from '../../relay-server/test/self-signed.ts';
import { RELAY_SWITCHBOARD_DEFAULTS } from '../src/index.ts';
import { relayAsker } from '../src/relay-asker.ts';

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

const listening = async (server: Server): Promise<number> => {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  stack.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const HOUR_MS = 3_600_000;

/** Answers questions alone, by a clock that is an hour ahead. */
const relay: RequestListener = (request, response) => {
  response.sendDate = false;
  response.setHeader('date', new Date(Date.now() + HOUR_MS).toUTCString());
  response.writeHead(request.url === '/ping' ? 200 : 404).end();
};

const asking = (url: string, options: Partial<Parameters<typeof relayAsker>[0]> = {}, isConfigured = true) =>
  relayAsker({ ...RELAY_SWITCHBOARD_DEFAULTS, ...options }, { clock: systemClock, timeoutMs: 20_000 })(
    { url: brandAs<RelayUrl>(url), isConfigured },
    new AbortController().signal,
  );

const withinASecond = (aheadMs: number | null): boolean => aheadMs !== null && Math.abs(aheadMs + HOUR_MS) < 2_000;

it('measures a relay that answers, and its clock', async () => {
  const asked = await asking(`http://127.0.0.1:${await listening(createHttpServer(relay))}/`);
  expect(asked).toMatchObject({ problem: null, isProxied: false });
  expect(asked.rttMs).toBeGreaterThan(0);
  expect(withinASecond(asked.clockAheadMs)).toBe(true);
});

it('says what a server that is no relay answered, and that nobody listens', async () => {
  const port = await listening(createHttpServer((_request, response) => response.writeHead(502).end()));
  expect((await asking(`http://127.0.0.1:${port}/`)).problem).toEqual({
    reason: 'unavailable',
    detail: 'it answered 502',
  });
  expect((await asking(`http://127.0.0.1:${await freePort('tcp')}/`)).problem).toEqual({
    reason: 'portClosed',
    detail: 'ECONNREFUSED',
  });
});

it('asks by the authorities of this device', async () => {
  const tls = selfSigned();
  const server = createHttpsServer({ cert: tls.certificatePem, key: tls.privateKeyPem }, relay);
  const url = `https://127.0.0.1:${await listening(server)}/`;
  expect((await asking(url, { caCertificates: [tls.certificatePem] })).problem).toBeNull();
  const strange = await asking(url);
  expect(strange).toMatchObject({ rttMs: null, problem: { reason: 'tls' } });
  expect(withinASecond(strange.clockAheadMs)).toBe(true);
});

it('hears the time of a relay whose certificate is not valid by the clock of this device', async () => {
  const tls = selfSigned('early.test', { firstYear: 2_100 });
  const server = createHttpsServer({ cert: tls.certificatePem, key: tls.privateKeyPem }, relay);
  const url = `https://127.0.0.1:${await listening(server)}/`;
  const asked = await asking(url, { caCertificates: [tls.certificatePem] });
  expect(asked).toMatchObject({ rttMs: null, problem: { reason: 'certificateDates' } });
  expect(withinASecond(asked.clockAheadMs)).toBe(true);
});

it('never goes past a proxy, and says what that says', async () => {
  let heard = 0;
  const target = createHttpServer((request, response) => {
    heard += 1;
    relay(request, response);
  });
  const port = await listening(target);
  const url = `http://relay.invalid:${port}/`;
  const refusing = await listening(
    createHttpServer().on('connect', (_request, socket) => socket.end('HTTP/1.1 407 No\r\n\r\n')),
  );
  const through = (proxyPort: number) => ({ proxy: { url: `http://127.0.0.1:${proxyPort}/`, noProxy: [] } });
  expect(await asking(url, through(refusing))).toMatchObject({
    isProxied: true,
    problem: { reason: 'proxy', detail: expect.stringContaining('user and a password') },
  });
  expect(heard).toBe(0);
  const tunnelling = await listening(
    createHttpServer().on('connect', (_request, socket) => {
      const onward = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 Yes\r\n\r\n'));
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) end.on('error', () => end.destroy());
    }),
  );
  expect(await asking(url, through(tunnelling))).toMatchObject({ isProxied: true, problem: null });
});

it('asks nobody on this machine because another device named it', async () => {
  const port = await listening(createHttpServer(relay));
  expect((await asking(`http://127.0.0.1:${port}/`, {}, false)).problem?.reason).toBe('notConfigured');
});

it('gives up on a relay that hangs', async () => {
  const url = brandAs<RelayUrl>(`http://127.0.0.1:${await listening(createServer(() => undefined))}/`);
  const ask = relayAsker(RELAY_SWITCHBOARD_DEFAULTS, { clock: systemClock, timeoutMs: 50 });
  expect((await ask({ url, isConfigured: true }, new AbortController().signal)).problem).toEqual({
    reason: 'timeout',
    detail: 'no answer',
  });
});
