import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { endpointIdOf, type Random, type RelaySettings, type RelayStatus } from '@bowline/contracts';
import { CHALLENGE_BYTES, encodeServerChallenge } from '@bowline/relay-protocol';
import { type RelayServer, type RelayServerOptions, relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { freePort, memoryLogger } from '@bowline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { selfSigned } from '../../relay-server/test/self-signed.ts';
import type { RelaySwitchboardOptionsInput } from '../src/index.ts';
import { resolveRelaySwitchboardOptions } from '../src/options.ts';
import { relayDialer } from '../src/relay-dialer.ts';
import type { RelayTransport } from '../src/relay-transport.ts';
import { eventOf, type SwitchboardHarness, startedSwitchboard, urlFor } from './support/test-device.ts';

const secretKey = Uint8Array.from(randomBytes(32));

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

const relay = async (
  options: Partial<RelayServerOptions> = {},
  random: Random = systemRandom,
): Promise<RelayServer> => {
  const server = relayServer({ port: 0, bindAddress: '127.0.0.1', ...options })({
    clock: systemClock,
    random,
    logger: memoryLogger(),
  });
  await server.start();
  stack.defer(() => server.stop());
  return server;
};

const switchboard = async (options: RelaySwitchboardOptionsInput = {}): Promise<SwitchboardHarness> => {
  const harness = await startedSwitchboard(options);
  stack.defer(() => harness.actor.stop());
  await harness.client.request('admit', { secretKey });
  return harness;
};

it('leads nowhere once the machine has lost the address it left from, and not where that was never told as its own', async () => {
  const { url } = await relay();
  const ips = new Set(['127.0.0.1']);
  const dialled = async (localIps: () => ReadonlySet<string>): Promise<RelayTransport> => {
    const opened = Promise.withResolvers<void>();
    const options = { ...resolveRelaySwitchboardOptions(), allowsThisMachine: true };
    const transport = relayDialer(options, { clock: systemClock, random: systemRandom, localIps })(
      { url: urlFor(url), isConfigured: true, token: null, secretKey },
      {
        reached: () => undefined,
        opened: () => opened.resolve(),
        message: () => undefined,
        closed: (reason, detail) => opened.reject(new Error(`${reason}: ${detail}`)),
      },
    );
    stack.defer(() => transport.terminate());
    expect(transport.isStranded).toBe(false);
    await opened.promise;
    return transport;
  };
  const here = await dialled(() => ips);
  const unknown = await dialled(() => new Set(['192.0.2.1']));
  expect([here.isStranded, unknown.isStranded]).toEqual([false, false]);
  ips.clear();
  expect([here.isStranded, unknown.isStranded]).toEqual([true, false]);
});

it('says that there is no network, rather than what follows from it, and nothing of it where it is reached', async () => {
  const options = { ...resolveRelaySwitchboardOptions(), allowsThisMachine: true };
  const closedPort = await freePort('tcp');
  const reasonOf = (url: string, ips: readonly string[], proxy = options.proxy) =>
    new Promise<string>((resolve) => {
      const components = { clock: systemClock, random: systemRandom, localIps: () => new Set(ips) };
      const transport = relayDialer({ ...options, proxy }, components)(
        { url: urlFor(url), isConfigured: true, token: null, secretKey },
        { reached: () => undefined, opened: () => undefined, message: () => undefined, closed: resolve },
      );
      stack.defer(() => transport.terminate());
    });
  const none = ['127.0.0.1', '::1', 'fe80::1', '169.254.1.1'];
  const behind = { url: `http://127.0.0.1:${closedPort}/`, noProxy: [] };
  expect(await reasonOf('http://relay.invalid/', none, behind)).toBe('noNetwork');
  expect(await reasonOf('http://relay.invalid/', [...none, '192.168.1.2'], behind)).toBe('proxy');
  expect(await reasonOf(`http://127.0.0.1:${closedPort}/`, none)).toBe('portClosed');
});

it('leads nowhere once the machine has other addresses than when it was begun, as long as nobody has answered', async () => {
  const port = await new Promise<number>((resolve) => {
    const full = createTcpServer().listen({ port: 0, host: '127.0.0.1' }, () =>
      resolve((full.address() as AddressInfo).port),
    );
    stack.defer(() => void full.close());
  });
  const ips = new Set(['127.0.0.1']);
  const reached = Promise.withResolvers<void>();
  const options = { ...resolveRelaySwitchboardOptions(), allowsThisMachine: true };
  const dial = relayDialer(options, { clock: systemClock, random: systemRandom, localIps: () => new Set(ips) });
  const transport = dial(
    { url: urlFor(`http://127.0.0.1:${port}`), isConfigured: true, token: null, secretKey },
    { reached: () => reached.resolve(), opened: () => undefined, message: () => undefined, closed: () => undefined },
  );
  stack.defer(() => transport.terminate());
  // Nothing is answered before the event loop turns.
  expect(transport.isStranded).toBe(false);
  ips.add('192.0.2.1');
  expect(transport.isStranded).toBe(true);
  await reached.promise;
  expect(transport.isStranded).toBe(false);
});

/** Configures one relay and waits for what becomes of it. */
const outcomeOf = async (
  harness: SwitchboardHarness,
  url: string,
  rest: Partial<RelaySettings> = {},
): Promise<RelayStatus> => {
  await harness.client.request('configureRelays', { relays: [{ url: urlFor(url), token: null, tier: 0, ...rest }] });
  return await eventOf(harness, 'relay.stateChanged', ({ state }) => state !== 'connecting');
};

const listening = async (
  server: ReturnType<typeof createServer> | ReturnType<typeof createTcpServer>,
): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

describe('a relay over TLS', () => {
  it('is trusted with a private authority, beside the public ones', async () => {
    const tls = selfSigned();
    const { url } = await relay({ tls });
    const harness = await switchboard({ caCertificates: [tls.certificatePem] });
    expect(await outcomeOf(harness, url)).toMatchObject({ state: 'connected', downReason: null });
  });

  it('lets the device in without a challenge, which a relay without TLS needs', async () => {
    const lengths: number[] = [];
    const counting: Random = {
      ...systemRandom,
      bytes: (count) => {
        lengths.push(count);
        return systemRandom.bytes(count);
      },
    };
    const tls = selfSigned();
    const [secure, plain] = [await relay({ tls }, counting), await relay({}, counting)];
    const harness = await switchboard({ caCertificates: [tls.certificatePem] });
    expect((await outcomeOf(harness, secure.url)).state).toBe('connected');
    expect(lengths).not.toContain(CHALLENGE_BYTES);
    await harness.client.request('configureRelays', { relays: [{ url: urlFor(plain.url), token: null, tier: 0 }] });
    await eventOf(harness, 'relay.stateChanged', ({ url, state }) => url === plain.url && state === 'connected');
    expect(lengths.filter((count) => count === CHALLENGE_BYTES)).toHaveLength(1);
  });

  it('can be pinned to one authority', async () => {
    const tls = selfSigned();
    const { url } = await relay({ tls });
    const pinned = await switchboard({ trustedRoots: 'none', caCertificates: [tls.certificatePem] });
    expect((await outcomeOf(pinned, url)).state).toBe('connected');
    const elsewhere = await switchboard({ trustedRoots: 'none', caCertificates: [selfSigned().certificatePem] });
    expect((await outcomeOf(elsewhere, url)).downReason).toBe('tls');
  });

  it.each(['bundled', 'system'] as const)('is refused when nobody among the %s roots vouches for it', async (roots) => {
    const { url } = await relay({ tls: selfSigned() });
    const harness = await switchboard({ trustedRoots: roots });
    expect(await outcomeOf(harness, url)).toMatchObject({ state: 'down', downReason: 'tls' });
  });

  it('is refused by `certificateDates` when its certificate is not valid yet', async () => {
    const early = selfSigned('early.test', { firstYear: 2_100 });
    const { url } = await relay({ tls: early });
    const harness = await switchboard({ caCertificates: [early.certificatePem] });
    expect((await outcomeOf(harness, url)).downReason).toBe('certificateDates');
  });

  it('is refused by `protocol` when it does not speak TLS', async () => {
    const { port } = await relay();
    expect((await outcomeOf(await switchboard(), `https://127.0.0.1:${port}/`)).downReason).toBe('protocol');
  });

  it('is refused by `closed` when the line ends before a certificate is shown', async () => {
    const server = createTcpServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    stack.defer(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect((await outcomeOf(await switchboard(), `https://127.0.0.1:${port}/`)).downReason).toBe('closed');
  });
});

describe('a relay that does not let the device in', () => {
  it('is `auth` without its token, and connected once the token is right', async () => {
    const { url } = await relay({ access: { tokens: ['right'] } });
    const harness = await switchboard();
    expect((await outcomeOf(harness, url, { token: 'wrong' })).downReason).toBe('auth');
    const connected = eventOf(harness, 'relay.stateChanged', ({ state }) => state === 'connected');
    await outcomeOf(harness, url, { token: 'right' });
    await connected;
    expect(JSON.stringify(harness.logger.lines)).not.toMatch(/wrong|right/);
  });

  it('is `auth` when it denies the key', async () => {
    const { url } = await relay({ access: { deny: [endpointIdOf(secretKey)] } });
    expect((await outcomeOf(await switchboard(), url)).downReason).toBe('auth');
  });
});

describe('what is no relay', () => {
  it('is `portClosed` when nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort('tcp')}/`;
    expect((await outcomeOf(await switchboard(), url)).downReason).toBe('portClosed');
  });

  it('is `dns` when it has no address', async () => {
    // A label of 64 characters is no name: no server is asked.
    expect((await outcomeOf(await switchboard(), `http://${'a'.repeat(64)}.invalid/`)).downReason).toBe('dns');
  });

  it('is `http` when it is another web server', async () => {
    const url = await listening(createServer((_request, response) => response.writeHead(404).end()));
    expect((await outcomeOf(await switchboard(), url)).downReason).toBe('http');
  });

  it('is `unavailable` when a web server says so of what stands behind it', async () => {
    const url = await listening(createServer((_request, response) => response.writeHead(502).end()));
    expect((await outcomeOf(await switchboard(), url)).downReason).toBe('unavailable');
  });

  it('is `version` when it chooses none of the sub-protocols', async () => {
    const server = createServer();
    new WebSocketServer({ server, handleProtocols: () => false });
    expect((await outcomeOf(await switchboard(), await listening(server))).downReason).toBe('version');
  });

  it.each([
    ['a text', 'hello'],
    ['an unknown frame', Uint8Array.of(99)],
    ['nothing at all in a frame', new Uint8Array(0)],
    ['two challenges', [encodeServerChallenge(new Uint8Array(16)), encodeServerChallenge(new Uint8Array(16).fill(1))]],
  ])('is `protocol` when it says %s', async (_what, words) => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => {
      for (const word of Array.isArray(words) ? words : [words]) socket.send(word);
    });
    expect((await outcomeOf(await switchboard(), await listening(server))).downReason).toBe('protocol');
  });

  it('is `protocol` when it is the switchboard itself behind another name', async () => {
    const harness = await switchboard();
    const { port } = await harness.client.request('listen', { port: 0 });
    const forwarder = createServer();
    forwarder.removeAllListeners('upgrade');
    const url = await listening(forwarder);
    forwarder.on('connection', (socket: Socket) => {
      socket.removeAllListeners('data');
      const onward = connect(port, '127.0.0.1');
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) end.on('error', () => end.destroy());
    });
    expect((await outcomeOf(harness, url)).downReason).toBe('protocol');
  });
});

describe('a relay behind an HTTP proxy', () => {
  /** A proxy that opens tunnels for one login. */
  const proxy = async (login: string | null) => {
    const targets: string[] = [];
    const server = createServer((_request, response) => response.writeHead(400).end());
    server.on('connect', (request: IncomingMessage, socket: Socket) => {
      const given = request.headers['proxy-authorization'] ?? null;
      const wanted = login === null ? null : `Basic ${Buffer.from(login).toString('base64')}`;
      if (given !== wanted) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      targets.push(request.url ?? '');
      const port = Number(request.url?.split(':').at(-1));
      const onward = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) end.on('error', () => end.destroy());
      onward.on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    });
    return { url: await listening(server), targets };
  };

  it('is reached through a tunnel, by a name only the proxy knows', async () => {
    const { port } = await relay();
    const { targets, url } = await proxy('person:pass word');
    const login = url.replace('//', '//person:pass%20word@');
    const harness = await switchboard({ proxy: { url: login, noProxy: ['other.example'] } });
    expect((await outcomeOf(harness, `http://relay.invalid:${port}/`)).state).toBe('connected');
    expect(targets).toEqual([`relay.invalid:${port}`]);
  });

  it('is asked for its certificate inside the tunnel', async () => {
    const tls = selfSigned();
    const { port } = await relay({ tls });
    const { targets, url } = await proxy(null);
    const harness = await switchboard({ caCertificates: [tls.certificatePem], proxy: { url, noProxy: [] } });
    const { downReason } = await outcomeOf(harness, `https://relay.invalid:${port}/`);
    expect([downReason, targets[0]]).toEqual(['tls', `relay.invalid:${port}`]);
    const mismatch = harness.logger.lines.find(({ message }) => message === 'relay connection ended');
    expect(mismatch?.fields.detail).toMatch(/does not match certificate/);
  });

  it('is `proxy` when nobody answers there, or when it is of a kind that is not spoken', async () => {
    for (const url of ['http://127.0.0.1:9/', 'socks4://127.0.0.1:9/', 'unusable:']) {
      const harness = await switchboard({ proxy: { url, noProxy: [] } });
      expect((await outcomeOf(harness, 'http://relay.invalid/')).downReason).toBe('proxy');
    }
  });

  it('is `tcp` when the proxy works, and does not reach it', async () => {
    const server = createServer().on('connect', (_request, socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    const harness = await switchboard({ proxy: { url: await listening(server), noProxy: [] } });
    expect((await outcomeOf(harness, 'http://relay.invalid/')).downReason).toBe('tcp');
  });

  it('is reached all the same where it needs no proxy', async () => {
    const { port } = await relay();
    const harness = await switchboard({ proxy: { url: 'unusable:', noProxy: [] } });
    expect((await outcomeOf(harness, `http://127.0.0.1:${port}/`)).state).toBe('connected');
  });

  it('is `proxy` when the proxy refuses, and the password is in no log', async () => {
    const { url } = await proxy('person:secret');
    const harness = await switchboard({ proxy: { url: url.replace('//', '//person:hunter2@'), noProxy: [] } });
    expect((await outcomeOf(harness, 'http://relay.invalid/')).downReason).toBe('proxy');
    expect(JSON.stringify(harness.logger.lines)).not.toContain('hunter2');
  });
});

describe('a relay behind a SOCKS 5 proxy', () => {
  /** A proxy that opens tunnels to names, with a login where one is given; `refusal` is its answer otherwise. */
  const proxy = async (login: string | null, refusal = 0) => {
    const targets: string[] = [];
    const server = createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      let step: 'methods' | 'login' | 'connect' = 'methods';
      socket.on('data', (packet: Buffer) => {
        if (step === 'methods') {
          const method = login === null ? 0 : packet.includes(2, 2) ? 2 : 0xff;
          step = method === 2 ? 'login' : 'connect';
          socket.write(Buffer.from([5, method]));
        } else if (step === 'login') {
          const user = packet.subarray(2, 2 + (packet[1] ?? 0)).toString();
          const password = packet.subarray(3 + (packet[1] ?? 0)).toString();
          step = 'connect';
          socket.write(Buffer.from([1, `${user}:${password}` === login ? 0 : 1]));
        } else {
          const name = packet.subarray(5, 5 + (packet[4] ?? 0)).toString();
          const port = packet.readUInt16BE(packet.length - 2);
          targets.push(`${name}:${port}`);
          if (refusal !== 0) return socket.write(Buffer.from([5, refusal, 0, 1, 0, 0, 0, 0, 0, 0]));
          socket.removeAllListeners('data');
          const onward = connect(port, '127.0.0.1', () => {
            // In pieces, as networks deliver.
            socket.write(Buffer.from([5, 0, 0]));
            setImmediate(() => socket.write(Buffer.from([3, 1, 97, 0, 80])));
            socket.pipe(onward).pipe(socket);
          });
          onward.on('error', () => onward.destroy());
          onward.on('close', () => socket.destroy());
          socket.on('close', () => onward.destroy());
        }
      });
    });
    const url = await listening(server);
    return { url: url.replace('http:', 'socks5:'), targets };
  };

  it.each([
    ['without a login', null, ''],
    ['with one', 'person:pass word', 'person:pass%20word@'],
  ])('is reached through a tunnel, by a name only the proxy knows, %s', async (_how, login, given) => {
    const { port } = await relay();
    const { targets, url } = await proxy(login);
    const harness = await switchboard({ proxy: { url: url.replace('//', `//${given}`), noProxy: [] } });
    expect((await outcomeOf(harness, `http://relay.invalid:${port}/`)).state).toBe('connected');
    expect(targets).toEqual([`relay.invalid:${port}`]);
  });

  it.each([
    ['it wants a login, and none is given', 'person:secret', '', 0, /user and a password/],
    ['it does not take the login', 'person:secret', 'person:hunter2@', 0, /does not take this user/],
    ['it may not open it', null, '', 2, /its rules do not allow this relay/],
  ])('is `proxy` where %s', async (_why, login, given, refusal, detail) => {
    const { url } = await proxy(login, refusal);
    const harness = await switchboard({ proxy: { url: url.replace('//', `//${given}`), noProxy: [] } });
    expect((await outcomeOf(harness, 'http://relay.invalid/')).downReason).toBe('proxy');
    const ended = harness.logger.lines.find(({ message }) => message === 'relay connection ended');
    expect(ended?.fields.detail).toMatch(detail);
    expect(JSON.stringify(harness.logger.lines)).not.toContain('hunter2');
  });

  it('is `tcp` where the proxy works, and does not reach it', async () => {
    const { url } = await proxy(null, 5);
    const harness = await switchboard({ proxy: { url, noProxy: [] } });
    expect((await outcomeOf(harness, 'http://relay.invalid/')).downReason).toBe('tcp');
  });

  it('is `proxy` where what answers speaks something else', async () => {
    const url = await listening(createServer((_request, response) => response.writeHead(400).end()));
    const harness = await switchboard({ proxy: { url: url.replace('http:', 'socks5:'), noProxy: [] } });
    expect((await outcomeOf(harness, 'http://relay.invalid/')).downReason).toBe('proxy');
  });
});
