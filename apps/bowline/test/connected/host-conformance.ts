import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryLogger } from '@bowline/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  createHost,
  type Device,
  type DevicePresence,
  type DeviceStream,
  type Host,
  type HostEvent,
  type HostEventName,
  type ReceivedMessage,
  type StreamHandler,
} from '../../src/index.ts';

/** A device of this machine alone, made by `createHost`. */
export const loopbackHost = (name: string, dataDir: string): Host =>
  createHost(
    { dataDir, name, relay: 'disabled', bind: ['127.0.0.1'], mdns: false, placement: 'inline' },
    { logger: memoryLogger() },
  );

/** Resolves with the next event of a name. */
export const nextEvent = <N extends HostEventName>(host: Host, name: N): Promise<Extract<HostEvent, { event: N }>> =>
  new Promise((resolve) => {
    const cancel = host.on(name, (told) => {
      cancel();
      resolve(told);
    });
  });

/** Pairs two hosts, and resolves once they are linked. */
export const pairHosts = async (initiator: Host, joiner: Host): Promise<void> => {
  const linked = [nextEvent(initiator, 'device.connected'), nextEvent(joiner, 'device.connected')];
  const offer = await initiator.pair({ policy: 'accept' });
  const joined = await joiner.join(offer.ticket);
  await Promise.all([offer.paired, joined.paired, ...linked]);
};

const echo: StreamHandler = async (stream) => {
  for await (const bytes of stream) await stream.write(bytes);
};

const readAll = async (stream: DeviceStream): Promise<string> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};

/** How a server on this machine answers to a name that was made to lead here. */
const statusForName = async (name: string, url: string): Promise<number | undefined> => {
  const asked = request(url, { headers: { host: name } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
};

/** One way to come by a {@link Host}, and how what it left is put away. */
export interface HostUnderTest {
  readonly host: Host;
  readonly close: () => Promise<void>;
}

/**
 * What every {@link Host} does, however an app came by it.
 *
 * @param open gives a host that is started, of a device whose folder is given
 */
export const describeHost = (name: string, open: (dataDir: string) => Promise<HostUnderTest>): void => {
  describe(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'bowline-conformance-'));
    let under: HostUnderTest;
    let host: Host;
    let peer: Host;
    let nas: Device;
    let laptop: Device;

    beforeAll(async () => {
      peer = loopbackHost('nas', join(folder, 'nas'));
      await peer.start();
      under = await open(join(folder, 'laptop'));
      host = under.host;
    });
    afterAll(async () => {
      await under.close();
      await peer.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('pairs as the initiator, asking, and knows the device before it tells of it', async () => {
      const known = nextEvent(host, 'pairing.completed').then(({ device }) =>
        host.devices().map(({ id }) => id === device.id),
      );
      const linked = [nextEvent(host, 'device.connected'), nextEvent(peer, 'device.connected')];
      const offer = await host.pair();
      expect(offer.words.split(' ')).toHaveLength(12);
      const asked = nextEvent(host, 'pairing.confirmationNeeded');
      const joined = await peer.join(offer.ticket);
      await offer.decide(true, (await asked).authenticationString);
      const paired = await offer.paired;
      expect(paired.device).toMatchObject({ id: peer.self.id, name: 'nas' });
      expect((await joined.paired).device.id).toBe(host.self.id);
      expect(await known).toEqual([true]);
      await Promise.all(linked);
      nas = host.device('nas');
      laptop = peer.device(host.self.id);
    });

    it('rejects what ends a pairing with its code', async () => {
      const offer = await host.pair();
      await offer.cancel();
      await expect(offer.paired).rejects.toMatchObject({ name: 'PairingFailedError', code: 'CANCELLED' });
      await expect(host.join('one two three')).rejects.toMatchObject({
        code: expect.stringMatching(/^CODE_|^PAIRING_|^WORD/),
      });
      const signal = AbortSignal.abort();
      await expect(host.join(offer.ticket, { signal })).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('refuses what no option is called, and what no device is', async () => {
      await expect(host.pair({ ttl: 1 } as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(host.join('x', { at: 'nowhere' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(host.send(nas.id, 'x', { late: 1 } as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(host.serve('x', echo, { allow: 'paired', of: 1 } as never)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
      await expect(host.serve('x', echo, { allow: 'paired', keep: true })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
      await expect(host.serve('x', {} as never, { allow: 'paired' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(host.serve('x', echo, { allow: ['nobody'] })).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
      await expect(host.renameSelf('\u200b')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(nas.open('x', { wait: 1 } as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      expect(() => host.device('nobody')).toThrow(expect.objectContaining({ code: 'DEVICE_NOT_FOUND' }));
      expect(() => host.findDevice('nobody')).toThrow(expect.objectContaining({ code: 'DEVICE_NOT_FOUND' }));
      expect(() => host.on('nothing' as never, () => undefined)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      );
    });

    it('says how the device is, in one snapshot that stays until it changes', async () => {
      // Which path is taken may be known a moment later than that there is one.
      const connected = { id: peer.self.id, name: 'nas', state: 'connected', path: 'direct' };
      await expect.poll(() => nas.snapshot).toMatchObject(connected);
      const renamed = new Promise<DevicePresence>((resolve) => {
        const cancel = nas.on('changed', (presence) => {
          if (presence.name !== 'box') return;
          cancel();
          resolve(presence);
        });
      });
      await host.rename(nas.id, 'box');
      expect(host.findDevice('box').id).toBe(nas.id);
      expect(nas.snapshot.name).toBe('box');
      expect(nas.snapshot).toBe(nas.snapshot);
      expect(await renamed).toMatchObject({ name: 'box' });
      await host.rename(nas.id, 'nas');
      await host.renameSelf('portable');
      expect(host.self.name).toBe('portable');
    });

    it('opens streams to a service, ends and resets them', async () => {
      await using _ = await peer.serve('echo', echo, { allow: 'paired' });
      const stream = await nas.open('echo', { first: Buffer.from('a') });
      expect(stream.device).toEqual({ id: nas.id, name: 'nas' });
      await stream.write('b');
      await stream.write(new Uint8Array(200_000).fill(99));
      await stream.end();
      expect(await readAll(stream)).toBe(`ab${'c'.repeat(200_000)}`);
      const node = nas.connect('echo');
      node.end('node');
      expect(Buffer.concat(await node.toArray()).toString()).toBe('node');
      const cut = await nas.open('echo');
      cut.reset(7);
      await expect(readAll(cut)).rejects.toMatchObject({ code: expect.stringMatching(/^STREAM_(RESET|CLOSED)$/) });
      await expect(nas.open('nothing')).rejects.toMatchObject({
        code: 'SERVICE_REFUSED',
        data: { reason: 'unknown-service' },
      });
      await expect(nas.open('echo', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
      await expect(nas.open('echo', { first: new Uint8Array(70_000) })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    });

    it('hears of a reset that the other side made, with its code', async () => {
      const cutter: StreamHandler = async (stream) => {
        for await (const _ of stream) stream.reset(42);
      };
      await using _ = await peer.serve('cut', cutter, { allow: 'paired' });
      const stream = await nas.open('cut');
      await stream.write('x');
      await expect(readAll(stream)).rejects.toMatchObject({ code: 'STREAM_RESET', data: { resetCode: 42 } });
    });

    it('asks, fetches and lists', async () => {
      await using _ = await peer.serve('sum', { answer: (body) => `${body.length}` }, { allow: 'paired' });
      const web = createServer((message, response) =>
        response.end(`${message.url} ${message.headers['bowline-device']}`),
      );
      await using __ = await peer.serve('web', web, { allow: 'paired' });
      expect(Buffer.from(await nas.request('sum', 'abc')).toString()).toBe('3');
      expect(Buffer.from(await nas.request('sum', new Uint8Array(300_000))).toString()).toBe('300000');
      const page = await nas.fetch('web', '/x');
      expect(await page.text()).toBe(`/x ${host.self.id}`);
      const viaAgent = await new Promise<string>((resolve, reject) => {
        request({ agent: nas.agent('web'), path: '/y', host: 'web' }, async (response) => {
          resolve(Buffer.concat(await response.toArray()).toString());
        })
          .on('error', reject)
          .end();
      });
      expect(viaAgent).toContain('/y');
      expect(
        (await nas.services()).map((service) => service.name).toSorted((one, other) => one.localeCompare(other)),
      ).toEqual(['sum', 'web']);
      const signal = AbortSignal.abort();
      await expect(nas.request('sum', '', { signal })).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('serves streams, requests and an http server, and says so', async () => {
      const ended = Promise.withResolvers<void>();
      const served = await host.serve(
        'who',
        async (stream, { device, signal }) => {
          await stream.write(device.id);
          if (!signal.aborted)
            await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          ended.resolve();
        },
        { allow: [nas.id], maxStreams: 2 },
      );
      await using _ = await host.serve(
        'double',
        { answer: (body) => Buffer.concat([body, body]) },
        { allow: 'paired' },
      );
      const web = createServer((message, response) =>
        response.end(`${message.url} ${message.headers['bowline-device']}`),
      );
      await using __ = await host.serve('pages', web, { allow: 'paired' });
      expect(host.served()).toMatchObject([
        { name: 'who', allow: [nas.id], maxStreams: 2, relay: 'allow', target: null },
        { name: 'double', allow: 'paired' },
        { name: 'pages', allow: 'paired' },
      ]);
      await expect(host.serve('who', echo, { allow: 'paired' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      const stream = await laptop.open('who');
      const reader = stream[Symbol.asyncIterator]();
      expect(Buffer.from((await reader.next()).value ?? []).toString()).toBe(nas.id);
      expect(await host.streams()).toMatchObject([{ service: 'who', openedBy: 'peer' }]);
      await served.stop();
      await ended.promise;
      await expect(reader.next()).rejects.toMatchObject({ code: 'STREAM_RESET' });
      expect(Buffer.from(await laptop.request('double', 'ab')).toString()).toBe('abab');
      expect(await (await laptop.fetch('pages', '/z')).text()).toBe(`/z ${nas.id}`);
      expect(host.served().map((offer) => offer.name)).toEqual(['double', 'pages']);
      expect(await host.unserve('double')).toBe(true);
      expect(await host.unserve('double')).toBe(false);
      await expect(laptop.open('double')).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
    });

    it('serves a program on a port, and keeps it', async () => {
      const program = createTcpServer((socket) => socket.end('from the port'));
      await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void program.close());
      const { port } = program.address() as AddressInfo;
      const served = await host.serve('port', { port, isRaw: true }, { allow: 'paired' });
      expect(await readAll(await laptop.open('port'))).toBe('from the port');
      await served.stop();
      expect(host.served()).toEqual([]);
      await host.serve('port', { port, isRaw: true }, { allow: 'paired', keep: true });
      expect(host.served()).toMatchObject([{ name: 'port', target: { port, isRaw: true } }]);
      expect(await readAll(await laptop.open('port'))).toBe('from the port');
      expect(await host.unserve('port')).toBe(true);
    });

    it('carries datagrams in both directions', async () => {
      const heard = new Promise<Uint8Array>((resolve) => void nas.datagrams.on(resolve));
      const heardThere = new Promise<Uint8Array>((resolve) => void laptop.datagrams.on(resolve));
      await nas.datagrams.send(Uint8Array.of(1, 2));
      expect(await heardThere).toEqual(Uint8Array.of(1, 2));
      // What says that it is heard is on its way when the first datagram of the other side may already be.
      await host.status();
      await laptop.datagrams.send(Uint8Array.of(3));
      expect(Buffer.from(await heard)).toEqual(Buffer.of(3));
      await expect(nas.datagrams.send(new Uint8Array(70_000))).rejects.toMatchObject({ code: 'DATAGRAM_TOO_LARGE' });
    });

    it('sends messages, kept ones too, and delivers what comes until it is taken', async () => {
      const { elapsedMs } = await nas.send('hello');
      expect(elapsedMs).toBeGreaterThanOrEqual(0);
      const kept = await host.send(nas.id, Uint8Array.of(0, 255), { persist: true });
      expect(await kept.delivered).toMatchObject({ elapsedMs: expect.any(Number) });
      expect((await peer.messages()).map(({ body }) => (typeof body === 'string' ? body : [...body]))).toEqual([
        'hello',
        [0, 255],
      ]);
      await expect(host.send(nas.id, new Uint8Array(300_000))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
      await expect(host.send(nas.id, 5 as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(host.send(nas.id, 'x', { signal: AbortSignal.abort() })).rejects.toMatchObject({
        name: 'AbortError',
      });

      await peer.send(laptop.id, 'first');
      await peer.send(laptop.id, Uint8Array.of(7));
      const [first] = await host.messages();
      expect(first).toMatchObject({ from: nas.id, body: 'first' });
      expect(await host.takeMessages([first?.position ?? 0])).toBe(1);
      const taken: ReceivedMessage[] = [];
      const refused = Promise.withResolvers<void>();
      const done = Promise.withResolvers<void>();
      let attempts = 0;
      const cancel = host.onMessage((message) => {
        attempts += 1;
        if (attempts === 1) {
          refused.resolve();
          throw new Error('not yet');
        }
        taken.push(message);
        done.resolve();
      });
      expect(() => host.onMessage(() => undefined)).toThrow(
        expect.objectContaining({ code: 'MESSAGE_HANDLER_PRESENT' }),
      );
      await refused.promise;
      await done.promise;
      expect(taken.map(({ body }) => [...(body as Uint8Array)])).toEqual([[7]]);
      cancel();
      const told = nextEvent(host, 'message.received');
      const heard = new Promise((resolve) => void nas.on('message', resolve));
      await laptop.send('only told');
      expect(await heard).toEqual({ body: 'only told' });
      expect(await told).toMatchObject({ text: 'only told', from: nas.id });
      expect((await host.messages()).map(({ body }) => body)).toEqual(['only told']);
      expect(taken).toHaveLength(1);
    });

    it('pushes files, and receives what is pushed', async () => {
      const file = join(folder, 'notes.txt');
      writeFileSync(file, 'content');
      const there = mkdtempSync(join(folder, 'there-'));
      await peer.receive({ dir: there });
      let progress = 0;
      const result = await host.push(nas.id, [file], { onProgress: ({ bytes }) => (progress = bytes) });
      expect(result).toMatchObject({ files: 1, bytes: 7 });
      expect(progress).toBe(7);
      expect(readFileSync(join(there, 'notes.txt'), 'utf8')).toBe('content');
      await expect(host.push(nas.id, [join(folder, 'missing')])).rejects.toMatchObject({ code: 'PUSH_UNREADABLE' });

      const here = mkdtempSync(join(folder, 'here-'));
      expect(await host.receive({ dir: here, from: [nas.id] })).toMatchObject({ from: [nas.id] });
      expect(host.receiving()).toMatchObject({ from: [nas.id] });
      await peer.push(laptop.id, [file]);
      expect(readFileSync(join(here, 'notes.txt'), 'utf8')).toBe('content');
      expect(await host.receiveOff()).toBe(true);
      expect(host.receiving()).toBeNull();
    });

    it('answers questions', async () => {
      expect(await host.ping(nas.id)).toMatchObject({ rttMs: expect.any(Number) });
      expect((await host.status()).peers).toMatchObject([{ id: nas.id, state: 'connected' }]);
      expect((await host.explain(nas.id)).cause).toBeDefined();
      expect((await host.check()).length).toBeGreaterThan(3);
      expect(await host.timeline(nas.id, { sinceMs: 0 })).toBeDefined();
      expect((await host.journal({ afterPosition: 0, limit: 10 })).length).toBeGreaterThan(0);
      expect(await host.traffic()).toBeDefined();
      await host.reconnect(nas.id);
      await host.setRelayBudget(null);
      await expect(host.setRelays({ urls: ['nonsense'] })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    });

    it('shows its machines, and tells what moves them until nobody listens', async () => {
      const told: string[] = [];
      const cancel = host.onTransition(({ machine, to }) => void (machine === 'initiator' && told.push(to)));
      expect((await host.machines()).charts.map(({ machine }) => machine)).toContain('initiator');
      const offer = await host.pair();
      await offer.cancel();
      await expect(offer.paired).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect.poll(() => told).toContain('failed');
      cancel();
      const heard = told.length;
      await (await host.pair()).cancel();
      await host.machines();
      expect(told).toHaveLength(heard);
    });

    it('serves the inspector on this machine alone, to whoever has its link, until it is stopped', async () => {
      const page = await host.inspector();
      const [address, token] = page.openUrl().split('#');
      expect(address).toBe(page.url);
      expect(await (await fetch(page.url)).text()).toContain('page.js');
      const ask = (path: string, body: object, headers: Record<string, string> = {}) =>
        fetch(new URL(path, page.url), {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        });
      expect((await ask('/api/do/traffic', {})).status).toBe(401);
      const { session } = (await (await ask('/api/session', { token })).json()) as { readonly session: string };
      const authorization = `Bearer ${session}`;
      expect((await ask('/api/do/traffic', {}, { authorization })).status).toBe(200);
      expect((await ask('/api/do/explain', { deviceId: nas.id }, { authorization })).status).toBe(200);
      expect((await ask('/api/session', { token })).status).toBe(401);
      const foreign = await ask('/api/do/traffic', {}, { authorization, origin: 'http://elsewhere.example' });
      expect(foreign.status).toBe(403);
      expect(await statusForName('elsewhere.example', page.url)).toBe(403);
      await expect(host.inspector({ port: Number(new URL(page.url).port) })).rejects.toMatchObject({
        code: 'INSPECTOR_PORT_TAKEN',
      });
      await expect(host.inspector({ open: true } as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await page.stop();
      await expect(fetch(address ?? '')).rejects.toThrow();
    });

    it('says that a relay it is not logged in at cannot be dropped', async () => {
      expect(await host.dropRelay('http://127.0.0.1:1/' as never)).toBe(false);
    });

    it('compares identities, and keeps a note and what a device may do', async () => {
      const { digits, comparedAtMs } = await host.safetyNumber(nas.id);
      expect([digits.length, comparedAtMs]).toEqual([60, null]);
      expect((await peer.safetyNumber(host.self.id)).digits).toBe(digits);
      expect((await host.markCompared(nas.id)).comparedAtMs).toBeGreaterThan(0);
      expect((await host.markCompared(nas.id, false)).comparedAtMs).toBeNull();
      await host.setNote(nas.id, 'in the cellar');
      await host.setPermissions(nas.id, { relay: 'deny' });
      expect(host.devices()).toMatchObject([{ note: 'in the cellar', permissions: { relay: 'deny' } }]);
      await host.setPermissions(nas.id, { relay: 'allow' });
      await expect(host.setPermissions(nas.id, { fly: true } as never)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    });

    it('forgets a device, whose handle then says so', async () => {
      const removed = nextEvent(host, 'device.removed').then(() => host.devices());
      await host.unpair(nas.id);
      expect(host.devices()).toEqual([]);
      expect(await removed).toEqual([]);
      await expect(nas.open('x')).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
      await expect(host.send(nas.id, 'x')).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
    });

    it('keeps a device out until it is unblocked', async () => {
      const { endpointId } = peer.self;
      expect(await host.block(endpointId)).toMatchObject({ endpointId });
      expect(host.blocked()).toMatchObject([{ endpointId }]);
      await expect(host.unblock('nobody')).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
      expect(await host.unblock(peer.self.id)).toMatchObject({ endpointId });
      expect(host.blocked()).toEqual([]);
    });

    it('does nothing once it has stopped', async () => {
      const page = await host.inspector();
      const { url } = page;
      await host.stop();
      await host.stop();
      await expect(fetch(url)).rejects.toThrow();
      await expect(page.start()).rejects.toMatchObject({ code: 'HOST_NOT_RUNNING' });
      await expect(host.inspector()).rejects.toMatchObject({ code: 'HOST_NOT_RUNNING' });
      expect(() => host.devices()).toThrow(expect.objectContaining({ code: 'HOST_NOT_RUNNING' }));
      expect(() => host.onTransition(() => undefined)).toThrow(expect.objectContaining({ code: 'HOST_NOT_RUNNING' }));
      expect(() => host.self).toThrow(expect.objectContaining({ code: 'HOST_NOT_RUNNING' }));
      await expect(host.send(nas.id, 'x')).rejects.toMatchObject({ code: 'HOST_NOT_RUNNING' });
      await host.start();
      expect(host.self.name).toBe('portable');
    });
  });
};
