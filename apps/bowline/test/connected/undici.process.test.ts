import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetch, request, WebSocket } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { serviceDispatcher } from '../../src/undici.ts';
import { loopbackHost, pairHosts } from './host-conformance.ts';

const twoHosts = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-undici-'));
  const hosts = [loopbackHost('laptop', join(folder, 'laptop')), loopbackHost('nas', join(folder, 'nas'))] as const;
  onTestFinished(async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    rmSync(folder, { recursive: true, force: true });
  });
  await Promise.all(hosts.map((host) => host.start()));
  await pairHosts(...hosts);
  return hosts;
};

it('carries what undici asks, by fetch, request and WebSocket, on streams that are used again', async () => {
  const [laptop, nas] = await twoHosts();
  let connections = 0;
  const server = createServer((message, response) => {
    if (message.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      response.end('data: 2\n\n');
      return;
    }
    message.pipe(response.setHeader('x-device', String(message.headers['bowline-device'])));
  });
  server.on('connection', () => {
    connections += 1;
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
  await nas.serve('web', server, { allow: 'paired' });

  const dispatcher = serviceDispatcher(laptop.device('nas'), 'web', { connections: 1, pipelining: 1 });
  onTestFinished(() => dispatcher.destroy());
  for (const body of ['one', 'two']) {
    const answer = await fetch('http://nas/echo', { dispatcher, method: 'POST', body });
    expect(await answer.text()).toBe(body);
    expect(answer.headers.get('x-device')).toBe(laptop.self.id);
  }
  expect(connections).toBe(1);
  const events = await request('http://nas/events', { dispatcher });
  expect(await events.body.text()).toBe('data: 1\n\ndata: 2\n\n');
  const large = new Uint8Array(1_000_000).fill(7);
  const sent = await request('http://nas/echo', { dispatcher, method: 'POST', body: large });
  expect(new Uint8Array(await sent.body.arrayBuffer())).toEqual(large);

  const socket = new WebSocket('ws://nas/', { dispatcher });
  const heard = new Promise((resolve, reject) => {
    socket.onopen = () => socket.send('hello');
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = reject;
  });
  expect(await heard).toBe('echo hello');
  socket.close();
});

it('fails as a connection does where nothing is served, and for https', async () => {
  const [laptop] = await twoHosts();
  const dispatcher = serviceDispatcher(laptop.device('nas'), 'nothing');
  onTestFinished(() => dispatcher.destroy());
  await expect(request('http://nas/', { dispatcher })).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
  await expect(request('https://nas/', { dispatcher })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});
