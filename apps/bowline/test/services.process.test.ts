import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@bowline/testing';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { childCommand } from '../src/demo/child-command.ts';
import { makeSshKeys, SSHD, sshArguments, sshdArguments, whyNotListening } from './support/real-sshd.ts';
import { isConnected, pairDevices, type TestDevice, temporaryFolder, testDevice, testRelay } from './two-devices.ts';

/** Two paired daemons that know two relays and no other way, and what ends their ways. */
const devicesOnRelays = async () => {
  const relays = [await testRelay(), await testRelay()];
  // Nothing but relays: the addresses they tell each other are on loopback, where they are not looked for.
  const options = [...relays.flatMap(({ url }) => ['--relay', url]), '--no-mdns'];
  const folder = temporaryFolder();
  const [laptop, nas] = [testDevice('laptop', options, folder), testDevice('nas', options, folder)];
  await Promise.all([laptop.up(), nas.up()]);
  await pairDevices(nas, laptop);
  await Promise.all([laptop.statusWhere(isConnected), nas.statusWhere(isConnected)]);
  return { laptop, nas, relays, folder };
};

const pidOf = async (device: TestDevice, worker: string): Promise<number> => {
  const { workers } = await device.status();
  const pid = workers.find(({ name }) => name === worker)?.pid;
  if (typeof pid !== 'number') throw new Error(`${worker} has no process`);
  return pid;
};

const listen = async (server: Server | ReturnType<typeof createTcpServer>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

/** A local port of `laptop` behind which a service of `nas` is. */
const localPort = async (laptop: TestDevice, service: string): Promise<number> => {
  const command = childCommand(['connect', 'nas', service, '--port', '0', '--data-dir', laptop.dataDir]);
  onTestFinished(() => command.end());
  const { host, port } = await command.line(({ event }) => event === 'listening');
  expect(host).toBe('127.0.0.1');
  return Number(port);
};

const bodyOf = async (message: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of message) body += String(chunk);
  return body;
};

/** Sends bytes to an echo, slowly, and hashes what comes back. */
const echoThrough = (port: number, bytes: Buffer, onHalf: () => Promise<unknown>): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const hash = createHash('sha256');
    socket.on('data', (data) => hash.update(data));
    socket.on('error', reject);
    socket.on('end', () => resolve(hash.digest('hex')));
    const write = async (): Promise<void> => {
      for (let at = 0; at < bytes.length; at += 50_000) {
        if (at === bytes.length / 2) await onHalf();
        if (!socket.write(bytes.subarray(at, at + 50_000))) {
          await new Promise((drained) => socket.once('drain', drained));
        }
      }
      socket.end();
    };
    write().catch(reject);
  });

/** An `sshd` with the keys in `folder`, and the port it listens at; it says why when it does not. */
const startSshd = async (folder: string): Promise<number> => {
  const port = await freePort('tcp');
  const sshd = spawn(SSHD ?? 'sshd', sshdArguments(folder, port), { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void sshd.kill());
  const said = await whyNotListening(sshd, port);
  if (said !== null) throw new Error(`sshd does not listen: ${said}`);
  return port;
};

describe('a served port', () => {
  it('is kept over restarts, listed, and served no more when it is taken off', async () => {
    const folder = temporaryFolder();
    const [laptop, nas] = [
      testDevice('laptop', ['--relay', 'disabled'], folder),
      testDevice('nas', ['--relay', 'disabled'], folder),
    ];
    await Promise.all([laptop.up(), nas.up()]);
    await pairDevices(nas, laptop);
    const { device } = await laptop.status();
    const port = await listen(createTcpServer((socket) => socket.end('hello')));
    expect((await nas.run('serve', 'greeting', String(port), '--to', 'laptop')).lines).toEqual([
      { event: 'serving', service: 'greeting', target: String(port), to: [device.id] },
    ]);
    await nas.daemon().end();
    await nas.up();
    expect((await nas.run('services')).lines).toEqual([
      { event: 'service', service: 'greeting', target: String(port), to: [device.id] },
    ]);
    await laptop.statusWhere(isConnected);
    const { id } = (await nas.status()).device;
    expect((await laptop.run('services', 'nas')).lines).toEqual([
      { event: 'service', device: { id, name: 'nas' }, service: 'greeting' },
    ]);
    const socketPath = join(folder, 'greeting.sock');
    const connecting = childCommand([
      'connect',
      'nas',
      'greeting',
      '--socket',
      socketPath,
      '--data-dir',
      laptop.dataDir,
    ]);
    onTestFinished(() => connecting.end());
    await connecting.line(({ event }) => event === 'listening');
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    const said = await new Promise((resolve) => connect(socketPath).once('data', (data) => resolve(data.toString())));
    expect(said).toBe('hello');
    expect((await nas.run('serve', 'greeting', '--off')).lines).toMatchObject([{ event: 'unserved', wasServed: true }]);
    expect((await laptop.run('services', 'nas')).lines).toEqual([]);
    const refused = await laptop.run('connect', 'nas', 'greeting');
    expect([refused.lines[0], refused.exitCode]).toMatchObject([{ error: { code: 'SERVICE_REFUSED' } }, 4]);
  });

  it('loses no byte when its relay and both endpoints are killed', async () => {
    const { laptop, nas, relays } = await devicesOnRelays();
    const port = await listen(createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)));
    await nas.run('serve', 'echo', String(port), '--to-all');
    const local = await localPort(laptop, 'echo');
    const bytes = randomBytes(4_000_000);
    const hash = await echoThrough(local, bytes, async () => {
      const { relays: seen } = await laptop.status();
      const home = relays.find(({ url }) => seen.some((relay) => relay.role === 'home' && relay.url === url));
      (home ?? relays[0])?.command.process.kill('SIGKILL');
      process.kill(await pidOf(nas, 'endpoint'), 'SIGKILL');
      process.kill(await pidOf(laptop, 'endpoint'), 'SIGKILL');
    });
    expect(hash).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('serves an Express app with events and WebSockets, which go on when the endpoint is killed', async () => {
    const { laptop, nas } = await devicesOnRelays();
    const app = express();
    let send: (text: string) => void = () => undefined;
    app.get('/who', (request, response) => void response.json({ device: request.get('Bowline-Device') }));
    app.get('/events', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      send = (text) => response.write(`data: ${text}\n\n`);
      send('first');
    });
    const server = createServer(app);
    const sockets = new WebSocketServer({ server });
    onTestFinished(() => sockets.close());
    const callers: unknown[] = [];
    sockets.on('connection', (socket, request) => {
      callers.push(request.headers['bowline-device']);
      socket.on('message', (data) => socket.send(`echo ${String(data)}`));
    });
    await nas.run('serve', 'web', String(await listen(server)), '--to', 'laptop');
    const local = await localPort(laptop, 'web');
    const { device } = await laptop.status();

    const who = await new Promise<IncomingMessage>((resolve) => {
      get({ port: local, path: '/who', headers: { 'bowline-device': 'd-spoofed' } }, resolve);
    });
    expect(JSON.parse(await bodyOf(who))).toEqual({ device: device.id });

    const events = await new Promise<IncomingMessage>((resolve) => get({ port: local, path: '/events' }, resolve));
    let heard = '';
    const saw = (text: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (heard.includes(text)) resolve();
          else events.once('data', look);
        };
        look();
      });
    events.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
    });
    await saw('first');
    const socket = new WebSocket(`ws://127.0.0.1:${local}/`, { headers: { 'Bowline-Device': 'd-spoofed' } });
    onTestFinished(() => socket.terminate());
    await new Promise((resolve) => socket.once('open', resolve));
    expect(callers).toEqual([device.id]);
    process.kill(await pidOf(nas, 'endpoint'), 'SIGKILL');
    send('second');
    const answer = new Promise((resolve) => socket.once('message', (data) => resolve(String(data))));
    socket.send('still there?');
    await saw('second');
    expect(await answer).toBe('echo still there?');
  });
});

describe('connect by standard input and output', () => {
  // CI has it: Debian's openssh-server.
  it.skipIf(SSHD === undefined && process.env.CI === undefined)('carries ssh to a real sshd', async () => {
    const { laptop, nas, folder } = await devicesOnRelays();
    makeSshKeys(folder);
    const port = await startSshd(folder);
    await nas.run('serve', 'ssh', String(port), '--to', 'laptop');
    // It says what it did, should it fail.
    const args = ['-v', ...sshArguments(folder, laptop.dataDir)];
    const ssh = spawn('ssh', [...args, 'nas', 'sha256sum'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const bytes = randomBytes(1_000_000);
    ssh.stdin.end(bytes);
    let out = '';
    let errors = '';
    ssh.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    ssh.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    const code = await new Promise((resolve) => ssh.once('close', resolve));
    expect(code, errors).toBe(0);
    expect(out).toContain(createHash('sha256').update(bytes).digest('hex'));
  });
});
