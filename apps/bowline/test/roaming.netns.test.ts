import { spawn } from 'node:child_process';
import { createServer, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describeInLab, type LabHost, oneLan } from '@bowline/testing/network-lab';
import express from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { childCommand } from '../src/demo/child-command.ts';
import { pairedOn, relayOn, untilTestEnds } from './lab-devices.ts';
import { makeSshKeys, SSHD, sshArguments, sshdArguments, whyNotListening } from './support/real-sshd.ts';
import { type TestDevice, temporaryFolder } from './two-devices.ts';

/** Its host has nobody else on it. */
const SSH_PORT = 2_222;

/** Between two words on each connection, milliseconds. */
const EVERY_MS = 20;

/** Words on each connection before, between and after what happens to the network. */
const CALM_WORDS = 40;

/** A conversation of numbered words, every one of which has to come back, in order. */
interface Conversation {
  readonly name: string;
  /** Resolves when so many more have come back. */
  more(count: number): Promise<void>;
  /** What came back, as one text; the conversation ends. */
  end(): Promise<string>;
  /** What ought to have. */
  expected(): string;
}

const conversation = (name: string, say: (word: string) => void, end: () => Promise<void>) => {
  let said = '';
  let heard = '';
  let count = 0;
  let heardWords = 0;
  const waiting = new Set<() => void>();
  const timer = setInterval(() => {
    count += 1;
    const word = `${name} ${count}\n`;
    said += word;
    say(word);
  }, EVERY_MS);
  const one: Conversation = {
    name,
    more: (wanted) =>
      new Promise((resolve) => {
        const until = heardWords + wanted;
        const look = (): void => {
          if (heardWords < until) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      }),
    end: async () => {
      clearInterval(timer);
      while (heard.length < said.length) await one.more(1);
      await end();
      return heard;
    },
    expected: () => said,
  };
  onTestFinished(() => clearInterval(timer));
  const hear = (text: string): void => {
    heard += text;
    heardWords += text.split('\n').length - 1;
    for (const look of [...waiting]) look();
  };
  return { one, hear };
};

/** An Express app with events, and a `ws` server, on a socket; and the two conversations with it. */
const webConversations = async (laptop: TestDevice, nas: TestDevice, folder: string) => {
  const app = express();
  let tellEvent = (_text: string): void => undefined;
  let requests = 0;
  app.get('/events', (_request, response) => {
    requests += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    tellEvent = (text) => void response.write(text);
  });
  const server = createServer(app);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  onTestFinished(() => {
    sockets.close();
    server.closeAllConnections();
    server.close();
  });
  const served = join(folder, 'web.sock');
  await new Promise<void>((resolve) => server.listen(served, resolve));
  await nas.run('serve', 'web', served, '--to-all');
  const local = join(folder, 'local.sock');
  const command = childCommand(['connect', 'nas', 'web', '--socket', local, '--data-dir', laptop.dataDir]);
  onTestFinished(() => command.end());
  await command.line(({ event }) => event === 'listening');

  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ socketPath: local, path: '/events', agent: false }, resolve).on('error', reject);
  });
  // Each word is a line of an event.
  const events = conversation(
    'data:',
    (word) => tellEvent(word),
    async () => void response.destroy(),
  );
  response.on('data', (chunk: Buffer) => events.hear(chunk.toString()));

  const socket = new WebSocket(`ws+unix://${local}:/`);
  const closes: number[] = [];
  socket.on('close', (code) => closes.push(code));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const words = conversation(
    'word',
    (word) => socket.send(word),
    async () => socket.terminate(),
  );
  socket.on('message', (data) => words.hear(String(data)));
  return { all: [events.one, words.one], closes, requests: () => requests };
};

/** `cat` on the other device, by a real ssh through a real sshd. */
const sshConversation = async (laptop: TestDevice, nas: TestDevice, host: LabHost, folder: string) => {
  makeSshKeys(folder);
  const sshd = host.spawn(SSHD ?? 'sshd', sshdArguments(folder, SSH_PORT), { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void sshd.kill());
  expect(await whyNotListening(sshd, SSH_PORT)).toBeNull();
  await nas.run('serve', 'ssh', String(SSH_PORT), '--to-all');
  const ssh = spawn('ssh', [...sshArguments(folder, laptop.dataDir), 'nas', 'cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void ssh.kill());
  const closed = new Promise<number | null>((resolve) => ssh.once('close', resolve));
  let exitCode: number | null = null;
  const { one, hear } = conversation(
    'line',
    (word) => void ssh.stdin.write(word),
    async () => {
      ssh.stdin.end();
      exitCode = await closed;
    },
  );
  ssh.stdout.on('data', (data: Buffer) => hear(data.toString()));
  await one.more(1);
  return { one, exitCode: () => exitCode };
};

describeInLab('sshd, events and WebSockets between two devices', () => {
  it('lose no byte and no connection when the direct path dies and a device roams', async () => {
    const hosts = await oneLan(['laptop', 'nas', 'relay']).then(untilTestEnds);
    const folder = temporaryFolder();
    const { url } = await relayOn(hosts.relay);
    const [laptop, nas] = await pairedOn([hosts.laptop, hosts.nas], ['--relay', url]);
    const pathIs = (kind: 'direct' | 'relay') =>
      laptop.statusWhere(({ peers }) => peers.some(({ path }) => path === kind));
    await pathIs('direct');
    const web = await webConversations(laptop, nas, folder);
    const ssh = await sshConversation(laptop, nas, hosts.nas, folder);
    const all = [...web.all, ssh.one];
    const calm = (): Promise<unknown> => Promise.all(all.map((each) => each.more(CALM_WORDS)));

    await calm();
    await hosts.room.blockUdp();
    await calm();
    await pathIs('relay');
    await hosts.room.allowUdp();
    // Another address, and the old one gone, as in another network; a later one of the same network would go with the first.
    await hosts.laptop.run('ip', 'address', 'del', `${hosts.laptop.address}/24`, 'dev', 'eth0');
    await hosts.laptop.run('ip', 'address', 'add', '10.77.0.77/24', 'dev', 'eth0');
    await calm();
    await hosts.laptop.unplug();
    await hosts.laptop.plug();
    await calm();

    expect(web.closes).toEqual([]);
    for (const each of all) expect(await each.end(), each.name).toBe(each.expected());
    expect([web.requests(), ssh.exitCode()]).toEqual([1, 0]);
  });
});
