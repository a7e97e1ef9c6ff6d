import { createSocket, type Socket } from 'node:dgram';
import {
  type Advertisement,
  brandAs,
  type ChannelClient,
  type DiscoveryMdnsChannel,
  type EndpointId,
  type EventName,
  type EventPayload,
} from '@bowline/contracts';
import { type SupervisedWorker, supervise } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type ActorHarness, actorHarness, freePort, memoryLogger, sampleSearchTarget } from '@bowline/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { discoveryMdnsWorker, type MdnsDiscoveryOptions, mdnsDiscovery } from '../src/index.ts';
import { announcement, name, packet, question, record, TYPES } from './dns-packet.ts';

/** Everything here stays on this machine. */
const INTERFACES = ['127.0.0.1'];
const GROUP = '224.0.0.251';

const [mine, theirs] = ['11', '22'].map((byte) => brandAs<EndpointId>(byte.repeat(32))) as [EndpointId, EndpointId];

type Client = ChannelClient<DiscoveryMdnsChannel>;

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const inline = async (options: Partial<MdnsDiscoveryOptions> = {}): Promise<ActorHarness<DiscoveryMdnsChannel>> => {
  const harness = actorHarness<DiscoveryMdnsChannel>(mdnsDiscovery({ interfaces: INTERFACES, ...options }), {
    clock: systemClock,
    random: systemRandom,
  });
  cleanups.push(() => harness.actor.stop());
  await harness.actor.start();
  return harness;
};

const placed = async (kind: 'thread' | 'process', port = 5353): Promise<SupervisedWorker<DiscoveryMdnsChannel>> => {
  const worker = supervise(
    {
      definition: discoveryMdnsWorker,
      options: { interfaces: INTERFACES, port },
      entry: new URL('../src/worker.ts', import.meta.url),
      kind,
    },
    { clock: systemClock, random: systemRandom, logger: memoryLogger() },
  );
  cleanups.push(() => worker.stop());
  await worker.start();
  return worker;
};

/** Resolves with the next payload of an event that `matches`. */
const nextEvent = <E extends EventName<DiscoveryMdnsChannel>>(
  client: Client,
  event: E,
  matches: (payload: EventPayload<DiscoveryMdnsChannel, E>) => boolean = () => true,
): Promise<EventPayload<DiscoveryMdnsChannel, E>> =>
  new Promise((resolve) => {
    const cancel = client.on(event, (payload) => {
      if (!matches(payload)) return;
      cancel();
      resolve(payload);
    });
  });

/** A tag nobody else uses, since other programs on this machine may speak on the same loopback. */
const freshTag = (): string => Buffer.from(systemRandom.bytes(16)).toString('hex');

const code = (lanTag: string, overrides: Partial<Advertisement> = {}): Advertisement => ({
  advertisementId: 'code',
  endpointId: theirs,
  port: 4002,
  lanTag,
  ...overrides,
});

const search = (lanTag: string, timeoutMs: number, searchId = 's1') => ({
  searchId,
  target: sampleSearchTarget({ lanTag }),
  timeoutMs,
});

/** The first candidate of a search that is cancelled as soon as it is there. */
const firstCandidate = async (client: Client, lanTag: string): Promise<readonly string[]> => {
  const controller = new AbortController();
  const searchId = freshTag();
  const found = nextEvent(client, 'candidate.found', (payload) => payload.searchId === searchId);
  const report = client.request('search', search(lanTag, 10_000, searchId), { signal: controller.signal });
  const { candidate } = await found;
  controller.abort();
  await Promise.allSettled([report]);
  return candidate.address.directAddresses;
};

const bound = async (port: number, options: { readonly reuseAddr: boolean }): Promise<Socket> => {
  const socket = createSocket({ type: 'udp4', ...options });
  await new Promise<void>((resolve) => socket.bind({ port, address: '0.0.0.0' }, resolve));
  return socket;
};

const close = (socket: Socket): Promise<void> => new Promise((resolve) => socket.close(resolve));

/** A stranger on loopback that sends whatever it likes to the group and to the port itself. */
const stranger = async (port: number) => {
  const socket = await bound(port, { reuseAddr: true });
  socket.setMulticastInterface('127.0.0.1');
  cleanups.push(() => close(socket));
  const sendTo = (bytes: Uint8Array, address: string): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(bytes, port, address, (error) => (error === null ? resolve() : reject(error)));
    });
  return {
    shout: (bytes: Uint8Array) => sendTo(bytes, GROUP),
    whisper: (bytes: Uint8Array) => sendTo(bytes, '127.0.0.1'),
  };
};

describe('over loopback multicast', () => {
  test('a search hears a device that announces later', async () => {
    const [one, two, lanTag] = [await inline(), await inline(), freshTag()];
    const found = firstCandidate(one.client, lanTag);
    await two.client.request('advertise', code(lanTag));
    expect(await found).toEqual(['127.0.0.1:4002']);
  });

  test('a search finds a device that announced before its source started', async () => {
    const [two, lanTag] = [await inline(), freshTag()];
    await two.client.request('advertise', code(lanTag));
    const one = await inline();
    expect(await firstCandidate(one.client, lanTag)).toEqual(['127.0.0.1:4002']);
  });

  test('a report says what was found and where', async () => {
    const [one, two, lanTag] = [await inline(), await inline(), freshTag()];
    await two.client.request('advertise', code(lanTag));
    // Heard by then: a busy machine may take longer for it than the search does.
    await firstCandidate(one.client, lanTag);
    const [found, missed] = [search(lanTag, 300), search(freshTag(), 300, 's2')];
    expect(await one.client.request('search', found)).toMatchObject({
      candidateCount: 1,
      summary: '1 found in 0.3 s on lo',
    });
    expect(await one.client.request('search', missed)).toMatchObject({
      candidateCount: 0,
      summary: 'no answer in 0.3 s on lo',
    });
  });

  test('one of two records can be withdrawn, and the other still answers', async () => {
    const [two, tag, otherTag] = [await inline(), freshTag(), freshTag()];
    await two.client.request('advertise', code(tag));
    await two.client.request('advertise', code(otherTag, { advertisementId: 'other', port: 4003 }));
    await two.client.request('withdraw', { advertisementId: 'code' });
    const one = await inline();
    expect(await firstCandidate(one.client, otherTag)).toEqual(['127.0.0.1:4003']);
    expect((await one.client.request('search', search(tag, 300))).candidateCount).toBe(0);
  });

  test('a device that stops says goodbye to those who heard it', async () => {
    const [one, two, lanTag] = [await inline(), await inline(), freshTag()];
    await two.client.request('advertise', code(lanTag));
    await firstCandidate(one.client, lanTag);
    await two.actor.stop();
    const countNow = async () => (await one.client.request('search', search(lanTag, 50))).candidateCount;
    await expect.poll(countNow).toBe(0);
  });

  test('a device is sighted by another, and never by itself', async () => {
    const port = await freePort('udp');
    const [one, two] = [await inline({ port }), await inline({ port })];
    const sighted = nextEvent(one.client, 'device.sighted');
    await two.client.request('advertise', { ...code(freshTag()), lanTag: null });
    expect(await sighted).toEqual({ endpointId: theirs, directAddresses: ['127.0.0.1:4002'] });
    await two.client.request('search', search(freshTag(), 300));
    expect(two.toldOf('device.sighted')).toHaveLength(0);
  });

  test('a refresh makes a device be sighted again', async () => {
    const port = await freePort('udp');
    const [one, two] = [await inline({ port }), await inline({ port })];
    const first = nextEvent(one.client, 'device.sighted');
    await two.client.request('advertise', { ...code(freshTag()), lanTag: null });
    await first;
    const again = nextEvent(one.client, 'device.sighted');
    await two.client.request('refresh', {});
    expect(await again).toEqual({ endpointId: theirs, directAddresses: ['127.0.0.1:4002'] });
  });

  test('a source that stopped leaves the port to others', async () => {
    const port = await freePort('udp');
    const one = await inline({ port });
    await one.client.request('advertise', code(freshTag()));
    await one.actor.stop();
    await close(await bound(port, { reuseAddr: false }));
  });
});

describe('a port that another program keeps to itself', () => {
  test('is a problem in words, and none once the program lets go', async () => {
    const port = await freePort('udp');
    const squatter = await bound(port, { reuseAddr: false });
    const one = await inline({ port });
    expect(one.toldOf('health.changed')).toEqual([
      {
        problem: {
          code: 'portTaken',
          reason: `Another program keeps UDP port ${port} to itself`,
          remedy: 'end it, or let it share the port',
        },
        interfaces: [],
      },
    ]);
    const well = nextEvent(one.client, 'health.changed', ({ problem }) => problem === null);
    await close(squatter);
    expect(await well).toEqual({ problem: null, interfaces: ['lo'] });
  });
});

describe('hostile traffic', () => {
  const garbage = (): Uint8Array => systemRandom.bytes(1 + Math.floor(systemRandom.ratio() * 1_400));

  const mutilated = (): Buffer => {
    const [whole, change] = [
      packet({ isResponse: true, answers: announcement('bowline-x', 'id=1', 'port=1') }),
      garbage(),
    ];
    for (const [index, byte] of change.subarray(0, 6).entries()) whole[(byte * 7 + index * 31) % whole.length] = byte;
    return whole.subarray(0, whole.length - ((change[6] ?? 0) % 20));
  };

  test.each(['thread', 'process'] as const)('on port 5353 leaves a worker in a %s unimpressed', async (kind) => {
    const worker = await placed(kind);
    const { shout, whisper } = await stranger(5353);
    const instance = name('bowline-y._bowline._udp.local');
    const liar = packet({
      isResponse: true,
      answers: [record({ owner: instance, type: TYPES.PTR, data: instance })],
      claimedCounts: [0, 65_535, 65_535, 65_535],
    });
    for (let round = 0; round < 150; round += 1) {
      await shout(garbage());
      await whisper(garbage());
      await shout(mutilated());
      await whisper(mutilated());
      if (round % 50 === 0) await shout(liar);
    }
    await shout(Buffer.alloc(0));
    const [honest, lanTag] = [await inline(), freshTag()];
    await honest.client.request('advertise', code(lanTag));
    expect(await firstCandidate(worker.client, lanTag)).toEqual(['127.0.0.1:4002']);
    expect(worker.status()).toMatchObject({ state: 'started', restarts: 0 });
  });

  test('that never ends costs neither memory nor time without bound', async () => {
    const port = await freePort('udp');
    const one = await inline({ port });
    const { shout } = await stranger(port);
    const lie = (index: number): Buffer => {
      const texts = [`id=${index.toString(16).padStart(64, '0')}`, 'port=1'];
      return packet({ isResponse: true, answers: announcement(`bowline-${index}`, ...texts) });
    };
    const question8 = Array<Buffer>(8).fill(question(name('_bowline._udp.local'), TYPES.PTR));
    const curiosity = packet({ isResponse: false, questions: question8 });
    await one.client.request('advertise', code(freshTag(), { endpointId: mine }));
    const startedAtMs = performance.now();
    for (let index = 0; index < 10_000; index += 1) {
      await shout(index % 10 === 0 ? curiosity : lie(index));
      // Sending alone would leave the source no time to read.
      if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const sightedCount = one.toldOf('device.sighted').length;
    expect(sightedCount).toBeGreaterThan(100);
    expect(sightedCount).toBeLessThan(512 + 100 * (seconds + 1));
    const [honest, lanTag] = [await inline({ port }), freshTag()];
    await honest.client.request('advertise', code(lanTag));
    expect(await firstCandidate(one.client, lanTag)).toEqual(['127.0.0.1:4002']);
    await one.actor.stop();
    const stopped = one.logger.lines.findLast((line) => line.message === 'stopped');
    expect(stopped).toMatchObject({ fields: { refused: { 'too-many-packets': expect.any(Number) } } });
  });
});

describe('placed elsewhere', () => {
  test.each(['thread', 'process'] as const)('two workers in a %s each find each other, and end', async (kind) => {
    const [one, two, lanTag] = [await placed(kind), await placed(kind), freshTag()];
    const found = firstCandidate(one.client, lanTag);
    await two.client.request('advertise', code(lanTag));
    expect(await found).toEqual(['127.0.0.1:4002']);
    await two.client.request('withdraw', { advertisementId: 'code' });
    await two.client.request('advertise', code(lanTag, { endpointId: mine, port: 4003 }));
    // Its goodbye and what it says now may be on their way when the search begins.
    await expect.poll(() => firstCandidate(one.client, lanTag)).toEqual(['127.0.0.1:4003']);
    await Promise.all([one.stop(), two.stop()]);
    expect([one.status().state, two.status().state]).toEqual(['stopped', 'stopped']);
  });
});
