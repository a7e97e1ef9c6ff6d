import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type ConnectedHost, connectHost, type ReceivedMessage, type StreamHandler } from '../../src/index.ts';
import { nextEvent } from './host-conformance.ts';
import { components, startDaemon, twoDevices } from './in-process-daemon.ts';

const startApp = async (dataDir: string): Promise<ConnectedHost> => {
  const app = connectHost({ dataDir }, components());
  onTestFinished(() => app.stop());
  await app.start();
  return app;
};

const connectedAgain = (app: ConnectedHost): Promise<void> =>
  new Promise((resolve) => {
    const cancel = app.onConnected((isConnected) => {
      if (!isConnected) return;
      cancel();
      resolve();
    });
  });

const textOf = async (asked: Promise<Uint8Array>): Promise<string> => Buffer.from(await asked).toString();

it('says that no daemon runs, and which options there are not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-gone-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await expect(connectHost({ dataDir: folder }, components()).start()).rejects.toMatchObject({
    code: 'DAEMON_NOT_RUNNING',
  });
  expect(() => connectHost({ dataDir: folder, name: 'x' } as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  );
});

it('loses what was under way with its daemon, and is what it was once one runs again', async () => {
  const { dataDir, peer, daemon } = await twoDevices();
  const app = await startApp(dataDir);
  const nas = app.device('nas');
  const laptop = peer.device('laptop');
  const hold: StreamHandler = async (stream) => {
    for await (const _ of stream);
  };
  await peer.serve('hold', hold, { allow: 'paired' });
  await app.serve('sum', { answer: (body) => `${body.length}` }, { allow: 'paired' });
  const taken: ReceivedMessage[] = [];
  app.onMessage((message) => void taken.push(message));
  expect(await textOf(laptop.request('sum', 'abc'))).toBe('3');

  const stream = await nas.open('hold');
  const reading = expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'DAEMON_GONE' });
  const offer = await app.pair();
  const pairing = expect(offer.paired).rejects.toMatchObject({ code: 'DAEMON_GONE' });
  const offline = new Promise(
    (resolve) => void nas.on('changed', ({ state }) => state === 'offline' && resolve(state)),
  );
  await daemon.stop();
  await Promise.all([reading, pairing, offline]);
  expect(app.isConnected).toBe(false);
  expect(nas.snapshot).toMatchObject({ name: 'nas', state: 'offline', path: null });
  expect(app.devices().map(({ name }) => name)).toEqual(['nas']);
  await expect(app.status()).rejects.toMatchObject({ code: 'DAEMON_GONE', retryable: true });
  await expect(app.send(nas.id, 'x')).rejects.toMatchObject({ code: 'DAEMON_GONE' });
  await expect(stream.write('x')).rejects.toMatchObject({ code: 'DAEMON_GONE' });

  const again = connectedAgain(app);
  const linked = nextEvent(peer, 'device.connected');
  await startDaemon(dataDir);
  await again;
  await linked;
  expect(await textOf(laptop.request('sum', 'abcd'))).toBe('4');
  const told = nextEvent(app, 'message.received');
  await peer.send(laptop.id, 'still there');
  expect(await told).toMatchObject({ text: 'still there' });
  await expect.poll(() => taken.map(({ body }) => body)).toEqual(['still there']);
  await (await nas.open('hold')).end();
  await expect(stream.write('x')).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
});

it('shares one device among apps: what one registers ends with it, and the next takes the messages', async () => {
  const { dataDir, peer, daemon } = await twoDevices();
  const [one, two] = [await startApp(dataDir), await startApp(dataDir)];
  const laptop = peer.device('laptop');
  await one.serve('who', { answer: () => 'one' }, { allow: 'paired' });
  await expect.poll(() => two.served().map(({ name }) => name)).toEqual(['who']);
  await expect(two.serve('who', { answer: () => 'two' }, { allow: 'paired' })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  });
  const [byOne, byTwo]: [string[], string[]] = [[], []];
  one.onMessage(({ body }) => void byOne.push(String(body)));
  // The daemon has heard of the one before it hears of the other.
  await one.status();
  two.onMessage(({ body }) => void byTwo.push(String(body)));
  await peer.send(laptop.id, 'first');
  await expect.poll(() => byOne).toEqual(['first']);

  await two.renameSelf('shared');
  await expect.poll(() => one.self.name).toBe('shared');
  const streams = await laptop.open('who');
  await one.stop();
  await expect(streams[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'STREAM_RESET' });
  await expect.poll(() => two.served()).toEqual([]);
  await two.serve('who', { answer: () => 'two' }, { allow: 'paired' });
  expect(await textOf(laptop.request('who', ''))).toBe('two');
  await peer.send(laptop.id, 'second');
  await expect.poll(() => byTwo).toEqual(['second']);
  expect(byOne).toEqual(['first']);

  const [started, stopping] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const long: StreamHandler = async (_stream, { signal }) => {
    started.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    stopping.resolve();
  };
  await two.serve('long', long, { allow: 'paired' });
  await expect.poll(() => two.served().map(({ name }) => name)).toEqual(['who', 'long']);
  void laptop.open('long').catch(() => undefined);
  await started.promise;
  await daemon.host.unserve('long');
  await two.renameSelf('told');
  await stopping.promise;
});
