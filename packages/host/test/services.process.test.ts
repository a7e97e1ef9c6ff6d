import { createHash, randomBytes } from 'node:crypto';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Device, DeviceStream, Host, StreamHandler } from '../src/index.ts';
import { killWorker, loopbackDevice, nextEvent, pairHosts } from './loopback-device.ts';

const twoHosts = async (): Promise<{ laptop: Host; nas: Host; device: Device }> => {
  const [laptop, nas] = await Promise.all([loopbackDevice('laptop').open(), loopbackDevice('nas').open()]);
  await pairHosts(nas, laptop);
  return { laptop, nas, device: laptop.device('nas') };
};

const echo: StreamHandler = async (stream) => {
  for await (const bytes of stream) await stream.write(bytes);
};

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const readAll = async (stream: DeviceStream): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
};

const listen = async (server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
  close(): unknown;
}) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

/** Says who calls, and streams events. */
const whoServer = (): Server =>
  createServer((message, response) => {
    if (message.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      setTimeout(() => response.end('data: 2\n\n'), 50);
      return;
    }
    const body: Buffer[] = [];
    message.on('data', (chunk: Buffer) => body.push(chunk));
    message.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ headers: message.headers, body: Buffer.concat(body).toString(), url: message.url }),
      );
    });
  });

describe('a device handle', () => {
  it('tells how the device is, and when that changes', async () => {
    const { laptop, nas, device } = await twoHosts();
    // Which path is taken may be known a moment later than that there is one.
    await expect
      .poll(() => device.snapshot)
      .toMatchObject({ id: nas.self.id, name: 'nas', state: 'connected', path: 'direct' });
    const gone = new Promise((resolve) => {
      device.on('changed', (now) => now.state === 'offline' && resolve(now));
    });
    await nas.stop();
    expect(await gone).toMatchObject({ state: 'offline', path: null });
    expect(() => device.on('other' as never, () => undefined)).toThrowError(/must be "changed"/);
    await expect(laptop.stop()).resolves.toBeUndefined();
  });
});

describe('a stream between two hosts', () => {
  it('comes back byte for byte, also when the endpoint of either side is killed meanwhile', async () => {
    const { laptop, nas, device } = await twoHosts();
    await nas.serve('echo', echo, { allow: 'paired' });
    await using stream = await device.open('echo');
    const sent = randomBytes(6_000_000);
    const writing = (async () => {
      for (let at = 0; at < sent.length; at += 100_000) {
        await stream.write(sent.subarray(at, at + 100_000));
        if (at === 1_000_000) await killWorker(laptop, 'endpoint');
        if (at === 3_000_000) await killWorker(nas, 'endpoint');
      }
      await stream.end();
    })();
    const received = await readAll(stream);
    await writing;
    expect(received.length).toBe(sent.length);
    expect(hashOf(received)).toBe(hashOf(sent));
  });

  it('is as well a Web Stream and a Node stream', async () => {
    const { nas, device } = await twoHosts();
    await nas.serve('echo', echo, { allow: ['laptop'] });
    const web = await device.open('echo');
    const writer = web.writable.getWriter();
    await writer.write(Buffer.from('web'));
    await writer.close();
    expect(await new Response(web.readable as never).text()).toBe('web');
    const node = device.connect('echo');
    node.end('node');
    expect(Buffer.concat(await node.toArray()).toString()).toBe('node');
  });

  it('is refused where nobody serves it, and given up with an AbortError', async () => {
    const { laptop, nas, device } = await twoHosts();
    await expect(device.open('echo')).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
      data: { reason: 'unknown-service' },
    });
    await nas.serve('echo', echo, { allow: [] });
    await expect(device.open('echo')).rejects.toMatchObject({ data: { reason: 'forbidden' } });
    await nas.stop();
    const signal = AbortSignal.timeout(100);
    const cause = { name: 'TimeoutError' };
    await expect(device.open('echo', { signal })).rejects.toMatchObject({
      code: 'ABORT_ERR',
      name: 'AbortError',
      cause,
    });
    const reason = new Error('not wanted any more');
    const aborted = { signal: AbortSignal.abort(reason) };
    const failure = { code: 'ABORT_ERR', name: 'AbortError', cause: reason };
    await expect(device.request('echo', 'hello', aborted)).rejects.toMatchObject(failure);
    await expect(device.services(aborted)).rejects.toMatchObject(failure);
    const aborting = new AbortController();
    const opening = device.open('echo', { signal: aborting.signal });
    aborting.abort();
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    await laptop.stop();
  });

  it('is answered as a request', async () => {
    const { nas, device } = await twoHosts();
    const served = await nas.serve('sum', { answer: (body) => `${body.length}` }, { allow: 'paired' });
    const text = async (body: string | Uint8Array): Promise<string> =>
      Buffer.from(await device.request('sum', body)).toString();
    expect(await text('abc')).toBe('3');
    expect(await text(new Uint8Array(200_000))).toBe('200000');
    expect(await device.services()).toEqual([{ name: 'sum' }]);
    await served.stop();
    await nas.serve(
      'sum',
      {
        answer: () => {
          throw new Error('secret');
        },
      },
      { allow: 'paired' },
    );
    await expect(device.request('sum', '')).rejects.toMatchObject({ code: 'REQUEST_FAILED', data: { why: 'handler' } });
    await expect(device.request('sum', '', { deadlineMs: 5_000, signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('carries datagrams beside it', async () => {
    const { laptop, nas, device } = await twoHosts();
    const heard = new Promise((resolve) => {
      nas.device('laptop').datagrams.on(resolve);
    });
    await device.datagrams.send(Uint8Array.of(1, 2, 3));
    expect(await heard).toEqual(Uint8Array.of(1, 2, 3));
    await expect(device.datagrams.send(new Uint8Array(50_000))).rejects.toMatchObject({ code: 'DATAGRAM_TOO_LARGE' });
    await laptop.stop();
  });
});

describe('a served http server', () => {
  const spoofed = { 'Bowline-Device': 'd-spoofed', bowline_device: 'd-spoofed', 'X-Other': 'kept' };

  it.each(['server', 'port'] as const)('given as a %s knows who calls, whatever the caller says', async (kind) => {
    const { laptop, nas, device } = await twoHosts();
    const server = whoServer();
    const target = kind === 'server' ? server : { port: await listen(server) };
    await nas.serve('web', target, { allow: 'paired' });
    const response = await device.fetch('web', '/a?b=c', { method: 'POST', body: 'hello', headers: spoofed });
    expect(response.status).toBe(200);
    const said = (await response.json()) as { headers: Record<string, string>; body: string; url: string };
    expect(said).toMatchObject({
      body: 'hello',
      url: '/a?b=c',
      headers: { 'bowline-device': laptop.self.id, 'bowline-device-name': 'laptop', 'x-other': 'kept' },
    });
    expect(JSON.stringify(said)).not.toContain('spoofed');
    const events = await device.fetch('web', '/events');
    expect(await events.text()).toBe('data: 1\n\ndata: 2\n\n');
    const viaAgent = await new Promise<number | undefined>((resolve, reject) => {
      request({ agent: device.agent('web'), path: '/' }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(viaAgent).toBe(200);
  });

  it('behind a port is told who calls by a client that is slow to speak, too', async () => {
    const { laptop, nas, device } = await twoHosts();
    await nas.serve('web', { port: await listen(whoServer()) }, { allow: 'paired' });
    const duplex = device.connect('web');
    await new Promise((resolve) => setTimeout(resolve, 500));
    duplex.write('\r\nGET / HTTP/1.1\r\nhost: x\r\nbowline-device: d-spoofed\r\nconnection: close\r\n\r\n');
    const answer = Buffer.concat(await duplex.toArray()).toString();
    expect(answer).toContain(laptop.self.id);
    expect(answer).not.toContain('spoofed');
  });
});

describe('a served port', () => {
  it('passes on what is no http, whoever speaks first', async () => {
    const { nas, device } = await twoHosts();
    const greeter = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.write('220 hello\r\n');
      socket.on('data', (data) => socket.write(data));
      socket.on('end', () => socket.end('bye'));
    });
    await nas.serve('mail', { port: await listen(greeter) }, { allow: 'paired' });
    const duplex = device.connect('mail');
    const [hello] = await new Promise<Buffer[]>((resolve) => duplex.once('data', (data: Buffer) => resolve([data])));
    expect(hello?.toString()).toBe('220 hello\r\n');
    duplex.end(Buffer.from([0, 1, 2]));
    expect(Buffer.concat(await duplex.toArray())).toEqual(Buffer.concat([Buffer.from([0, 1, 2]), Buffer.from('bye')]));
  });
});

describe('streams and the host', () => {
  it('end when the device is unpaired', async () => {
    const { laptop, nas, device } = await twoHosts();
    await nas.serve('echo', echo, { allow: 'paired' });
    const stream = await device.open('echo');
    const down = nextEvent(nas, 'device.removed');
    await laptop.unpair(nas.self.id);
    await down;
    await expect(stream.write('x')).rejects.toMatchObject({ code: 'DEVICE_REMOVED' });
    expect(connect).toBeTypeOf('function');
  });
});
