import type { ServiceStreamId } from '@bowline/contracts';
import { describe, expect, it, vi } from 'vitest';
import { type LinkedDevice, LinkedDevices, NOTES } from './linked-devices.ts';

const read = async (
  world: LinkedDevices,
  device: LinkedDevice,
  streamId: ServiceStreamId,
): Promise<number[] | null> => {
  const { pieces } = await world.until(device.services.client.request('read', { streamId }));
  return pieces.length === 0 ? null : pieces.flatMap((piece) => [...piece]);
};
const readAll = async (world: LinkedDevices, device: LinkedDevice, streamId: ServiceStreamId): Promise<number[]> => {
  const all: number[] = [];
  for (;;) {
    const bytes = await read(world, device, streamId);
    if (bytes === null) return all;
    all.push(...bytes);
  }
};
const write = (world: LinkedDevices, device: LinkedDevice, streamId: ServiceStreamId, bytes: Uint8Array) =>
  world.until(device.services.client.request('write', { streamId, bytes }));
const end = (device: LinkedDevice, streamId: ServiceStreamId) => device.services.client.request('end', { streamId });
const rejected = async (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('a stream', () => {
  it('carries bytes both ways, ends each direction on its own, and is forgotten when both have been read', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const { here, there } = await world.openStream();
    await write(world, world.near, here, Uint8Array.of(1, 2));
    const ended = end(world.near, here);
    expect(await readAll(world, world.far, there)).toEqual([1, 2]);
    await world.until(ended);
    await write(world, world.far, there, Uint8Array.of(3));
    const answered = end(world.far, there);
    expect(await readAll(world, world.near, here)).toEqual([3]);
    await world.until(answered);
    await world.settle();
    for (const device of [world.near, world.far]) {
      expect(device.services.toldOf('stream.closed')).toHaveLength(1);
      expect(await device.services.client.request('status', {})).toEqual({ streams: [] });
    }
  });

  it('sends a first word with its opening', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const streamId = world.streamId();
    const first = Uint8Array.of(7, 8);
    const input = { deviceId: world.far.id, service: NOTES.name, streamId, isResumable: true, first, isLast: true };
    await world.until(world.near.services.client.request('open', input));
    const there = world.far.services.toldOf('stream.opened')[0];
    expect(there).toMatchObject({ deviceId: world.near.id, service: NOTES.name });
    expect(await readAll(world, world.far, there?.streamId as ServiceStreamId)).toEqual([7, 8]);
  });

  it('answers a request of one turn in one write, which is its last, and leaves nothing to be taken back', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const asked = { near: vi.spyOn(world.near.endpoint, 'request'), far: vi.spyOn(world.far.endpoint, 'request') };
    world.far.services.client.on('stream.opened', async ({ streamId }) => {
      while ((await world.far.services.client.request('read', { streamId })).pieces.length > 0);
      await world.far.services.client.request('write', { streamId, bytes: Uint8Array.of(9) });
      await end(world.far, streamId);
    });
    const streamId = world.streamId();
    const input = { deviceId: world.far.id, service: NOTES.name, streamId, isResumable: true };
    const opening = { ...input, first: Uint8Array.of(7), isLast: true };
    await world.until(world.near.services.client.request('open', opening));
    expect(await readAll(world, world.near, streamId)).toEqual([9]);
    await world.settle();
    await world.clock.advance(10_000);
    expect(asked.near.mock.calls.map(([verb]) => verb)).toEqual(['openStream', 'writeStream']);
    expect(asked.far.mock.calls.map(([verb]) => verb)).toEqual(['writeStream']);
    expect(asked.far.mock.calls[0]?.[1]).toMatchObject({ isLast: true });
  });

  it('waits for a link, and tells the link of its use', async () => {
    const world = await LinkedDevices.open();
    const opening = world.openStream();
    await world.settle();
    await world.link();
    const { here, there } = await opening;
    await write(world, world.near, here, Uint8Array.of(1));
    expect(await read(world, world.far, there)).toEqual([1]);
    expect(world.near.uses).toContain(false);
    expect(world.far.uses).toContain(true);
  });

  it('loses nothing when connections end under it, in whatever moment', async () => {
    const world = await LinkedDevices.open({ windowBytes: 65_536, bufferBytes: 20_000, mostBytes: 65_536 });
    await world.link();
    const { here, there } = await world.openStream();
    const sent = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) & 255);
    const echo = (async () => {
      for (;;) {
        const { pieces } = await world.far.services.client.request('read', { streamId: there });
        if (pieces.length === 0) break;
        for (const bytes of pieces) await world.far.services.client.request('write', { streamId: there, bytes });
      }
      await world.far.services.client.request('end', { streamId: there });
    })();
    const writing = (async () => {
      for (let at = 0; at < sent.length; at += 10_000) {
        const bytes = sent.subarray(at, at + 10_000);
        await world.near.services.client.request('write', { streamId: here, bytes });
      }
      await world.near.services.client.request('end', { streamId: here });
    })();
    const received: Uint8Array[] = [];
    const reading = (async () => {
      for (;;) {
        const { pieces } = await world.near.services.client.request('read', { streamId: here });
        if (pieces.length === 0) return;
        received.push(...pieces);
      }
    })();
    for (let round = 0; round < 12; round += 1) {
      await world.clock.advance(round % 3);
      await world.unlink();
      await world.clock.advance(500);
      await world.link(round % 2 === 0 ? 'relay' : 'direct');
    }
    await world.until(Promise.all([writing, reading, echo]));
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  it.each([1, 2])(
    'has ended for both, whatever was on its way when %i connections went one after the other',
    async (count) => {
      const world = await LinkedDevices.open();
      const ends: Promise<unknown>[] = [];
      world.far.services.client.on('stream.opened', async ({ streamId }) => {
        while ((await world.far.services.client.request('read', { streamId })).pieces.length > 0);
        await world.far.services.client.request('write', { streamId, bytes: Uint8Array.of(9) });
        ends.push(end(world.far, streamId));
      });
      const MOMENTS = 60;
      for (let moment = 0; moment < MOMENTS; moment += 1) {
        await world.link();
        const streamId = world.streamId();
        const input = { deviceId: world.far.id, service: NOTES.name, streamId, isResumable: true };
        const opening = { ...input, first: Uint8Array.of(7), isLast: true };
        const asked = world.near.services.client.request('open', opening);
        const answered = asked.then(() => readAll(world, world.near, streamId));
        void world.clock.advance(0).then(() => world.clock.advance(0));
        for (let turn = 0; turn < moment * 4; turn += 1) await Promise.resolve();
        await world.unlink();
        for (let gone = 1; gone < count; gone += 1) {
          await world.link();
          await world.unlink();
        }
        await world.link();
        expect(await world.until(answered)).toEqual([9]);
        await world.until(Promise.all(ends));
        await world.unlink();
      }
      expect(ends).toHaveLength(MOMENTS);
      for (const device of [world.near, world.far]) {
        expect(device.services.toldOf('stream.closed')).toHaveLength(MOMENTS);
        expect(await device.services.client.request('status', {})).toEqual({ streams: [] });
      }
    },
  );

  it('goes on after the endpoint was started anew', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const { here, there } = await world.openStream();
    world.near.endpoint.crash();
    world.near.links.emit('link.down', { deviceId: world.far.id, reason: 'endpointLost' });
    await write(world, world.near, here, Uint8Array.of(1));
    world.far.links.emit('link.down', { deviceId: world.near.id, reason: 'notResponding' });
    await world.bind(world.near);
    await world.link();
    expect(await read(world, world.far, there)).toEqual([1]);
  });

  it('says how much of what is lent to it must stay as it is', async () => {
    const world = await LinkedDevices.open({ windowBytes: 65_536, bufferBytes: 65_536, mostBytes: 65_536 });
    await world.link();
    const { here, there } = await world.openStream();
    const lend = (sizeBytes: number) =>
      world.near.services.client.request('lend', { streamId: here, bytes: new Uint8Array(sizeBytes) });
    expect(await lend(40_000)).toEqual({ keptBytes: 40_000 });
    expect(await read(world, world.far, there)).toHaveLength(40_000);
    await world.clock.advance(1_000);
    expect(await lend(1_000)).toEqual({ keptBytes: 1_000 });
    // More than there is room for: it waits until enough of it was taken.
    const waiting = lend(300_000);
    for (let count = 1_000; count > 0 && count < 200_000; ) count += (await read(world, world.far, there))?.length ?? 0;
    const { keptBytes } = await world.until(waiting);
    expect(keptBytes).toBeGreaterThan(0);
    expect(keptBytes).toBeLessThan(65_536);
    await expect(lend(524_289)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('stops its writer when its reader stops, and starts it again', async () => {
    const world = await LinkedDevices.open({ windowBytes: 65_536, bufferBytes: 65_536, mostBytes: 65_536 });
    await world.link();
    const { here, there } = await world.openStream();
    let written = 0;
    const writing = (async () => {
      for (let count = 0; count < 20; count += 1) {
        await world.near.services.client.request('write', { streamId: here, bytes: new Uint8Array(20_000) });
        written += 1;
      }
    })();
    await world.clock.advance(5_000);
    expect(written).toBeLessThan(10);
    const reading = (async () => {
      for (let count = 0; count < 400_000; ) {
        const { pieces } = await world.far.services.client.request('read', { streamId: there });
        count += pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
      }
    })();
    await world.until(Promise.all([writing, reading]));
  });

  it('is over for both sides when either resets it, with its code', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const { here, there } = await world.openStream();
    const reading = rejected(world.far.services.client.request('read', { streamId: there }));
    await world.near.services.client.request('reset', { streamId: here, code: 42 });
    expect(await world.until(reading)).toMatchObject({ code: 'STREAM_RESET', data: { resetCode: 42, by: 'peer' } });
    expect(await rejected(write(world, world.near, here, Uint8Array.of(1)))).toMatchObject({
      code: 'STREAM_RESET',
      data: { resetCode: 42, by: 'us' },
    });
  });

  it.each(['near', 'far'] as const)('tells of a reset by the %s side that had no connection', async (side) => {
    const world = await LinkedDevices.open();
    await world.link();
    const { here, there } = await world.openStream();
    await world.unlink();
    const [resetter, streamId, other, otherId] =
      side === 'near' ? [world.near, here, world.far, there] : [world.far, there, world.near, here];
    await resetter.services.client.request('reset', { streamId, code: 9 });
    const reading = rejected(other.services.client.request('read', { streamId: otherId }));
    await world.link();
    expect(await world.until(reading)).toMatchObject({ code: 'STREAM_RESET', data: { resetCode: 9 } });
  });

  it('is lost, and never ended in order, when the other device has started anew', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const { here } = await world.openStream();
    const reading = rejected(world.near.services.client.request('read', { streamId: here }));
    await world.unlink();
    await world.far.services.actor.stop();
    await world.far.services.actor.start();
    await world.introduce();
    await world.link();
    expect(await world.until(reading)).toMatchObject({ code: 'STREAM_LOST' });
  });

  it('is given up by both sides after five minutes without contact', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const { here, there } = await world.openStream();
    await world.unlink();
    const [near, far] = [
      rejected(world.near.services.client.request('read', { streamId: here })),
      rejected(world.far.services.client.request('read', { streamId: there })),
    ];
    await world.clock.advance(320_000);
    expect(await near).toMatchObject({ code: 'STREAM_EXPIRED' });
    expect(await far).toMatchObject({ code: 'STREAM_EXPIRED' });
    await world.clock.advance(100_000);
    expect(world.near.services.clock.pendingTimerCount).toBe(0);
  });

  it('ends with its connection when it is not to outlive it', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const { here } = await world.openStream(NOTES.name, false);
    await world.unlink();
    expect(await rejected(write(world, world.near, here, Uint8Array.of(1)))).toMatchObject({ code: 'STREAM_LOST' });
  });

  it('ends when the device is paired no more, or anew', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const first = await world.openStream();
    await world.introduce(2);
    expect(await rejected(write(world, world.near, first.here, Uint8Array.of(1)))).toMatchObject({
      code: 'DEVICE_REMOVED',
    });
    await world.near.services.client.request('setPeers', { scope: 'some', peers: [], gone: [world.far.id] });
    expect(await rejected(world.openStream())).toMatchObject({ code: 'DEVICE_UNKNOWN' });
  });
});

describe('a service', () => {
  const reasonOf = async (world: LinkedDevices, service: string): Promise<unknown> =>
    rejected(world.openStream(service)).then((error) => (error as { data?: { reason?: unknown } }).data?.reason);

  it('is used by nobody whom it does not allow, and is not known where it is not served', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    await world.far.services.client.request('setServices', { services: [{ ...NOTES, allow: [] }] });
    expect(await reasonOf(world, NOTES.name)).toBe('forbidden');
    expect(await reasonOf(world, 'other')).toBe('unknown-service');
    expect(world.far.services.toldOf('stream.opened')).toEqual([]);
    expect(await world.until(world.near.services.client.request('listServices', { deviceId: world.far.id }))).toEqual({
      services: [],
    });
  });

  it('is listed for those who may use it', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    expect(await world.until(world.near.services.client.request('listServices', { deviceId: world.far.id }))).toEqual({
      services: [{ name: NOTES.name }],
    });
  });

  it('is not waited for on a link that ends before the answer', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    // What the other side opens is nobody's once its link is down: no answer comes.
    world.far.links.emit('link.down', { deviceId: world.near.id, reason: 'connectionLost' });
    const listing = rejected(world.near.services.client.request('listServices', { deviceId: world.far.id }));
    await world.settle();
    world.near.links.emit('link.down', { deviceId: world.far.id, reason: 'notResponding' });
    expect(await listing).toMatchObject({ code: 'LINK_DOWN' });
  });

  it('has as many streams at once as it allows', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    await world.far.services.client.request('setServices', { services: [{ ...NOTES, maxStreams: 2 }] });
    const first = await world.openStream();
    await world.openStream();
    expect(await reasonOf(world, NOTES.name)).toBe('too-many-streams');
    await world.near.services.client.request('reset', { streamId: first.here, code: 0 });
    await world.settle();
    await world.openStream();
  });

  it('that is not for relays is refused there, and ended when the path goes there', async () => {
    const world = await LinkedDevices.open();
    await world.far.services.client.request('setServices', { services: [{ ...NOTES, relay: 'deny' }] });
    await world.link('relay');
    expect(await reasonOf(world, NOTES.name)).toBe('relay-denied');
    world.movePath('direct');
    const { here } = await world.openStream();
    world.movePath('relay');
    await world.settle();
    expect(await rejected(write(world, world.near, here, Uint8Array.of(1)))).toMatchObject({
      code: 'STREAM_RESET',
      data: { resetCode: 2 ** 32 - 2 },
    });
  });

  it('goes through relays as far as its budget of the day', async () => {
    const world = await LinkedDevices.open();
    await world.far.services.client.request('setServices', { services: [{ ...NOTES, relay: { bytesPerDay: 5_000 } }] });
    await world.link('relay');
    const { here } = await world.openStream();
    await write(world, world.near, here, new Uint8Array(6_000));
    await world.settle();
    expect(await rejected(write(world, world.near, here, Uint8Array.of(1)))).toMatchObject({ code: 'STREAM_RESET' });
    expect(await reasonOf(world, NOTES.name)).toBe('relay-budget-spent');
    await world.clock.advance(86_400_000);
    await world.openStream();
  });

  it('that is served no more ends its streams', async () => {
    const world = await LinkedDevices.open();
    await world.link();
    const { here } = await world.openStream();
    await world.far.services.client.request('setServices', { services: [] });
    await world.settle();
    expect(await rejected(write(world, world.near, here, Uint8Array.of(1)))).toMatchObject({
      code: 'STREAM_RESET',
      data: { resetCode: 2 ** 32 - 4 },
    });
  });

  it('is not asked for at a device that knows none', async () => {
    const world = await LinkedDevices.open();
    await world.link('direct', []);
    expect(await rejected(world.openStream())).toMatchObject({ code: 'SERVICES_UNSUPPORTED' });
    expect(await world.far.services.client.request('status', {})).toEqual({ streams: [] });
  });

  it.each([
    { ...NOTES, name: ' x' },
    { ...NOTES, maxStreams: 0 },
    { ...NOTES, relay: { bytesPerDay: -1 } },
    { ...NOTES, allow: 'all' as never },
  ])('is refused here when its offer breaks a rule', async (offer) => {
    const world = await LinkedDevices.open();
    expect(await rejected(world.far.services.client.request('setServices', { services: [offer] }))).toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('is given up by whoever does not want to wait', async () => {
    const world = await LinkedDevices.open();
    const waiting = new AbortController();
    const input = { deviceId: world.far.id, service: NOTES.name, streamId: world.streamId(), isResumable: true };
    const opening = rejected(world.near.services.client.request('open', input, { signal: waiting.signal }));
    await world.settle();
    waiting.abort();
    expect(await world.until(opening)).toMatchObject({ code: 'CHANNEL_CANCELLED' });
  });
});

describe('datagrams', () => {
  it('wait for what a device says right after its link is up', async () => {
    const world = await LinkedDevices.open();
    let sent: Promise<void> = Promise.reject(new Error('not sent'));
    sent.catch(() => undefined);
    await world.link('direct', undefined, async () => {
      sent = world.near.services.client.request('sendDatagram', { deviceId: world.far.id, bytes: Uint8Array.of(1) });
      sent.catch(() => undefined);
      await world.settle();
    });
    await world.until(sent);
    await world.link('direct', undefined, async () => {
      sent = world.near.services.client.request('sendDatagram', { deviceId: world.far.id, bytes: Uint8Array.of(1) });
      sent.catch(() => undefined);
      await world.settle();
      await world.unlink();
    });
    await expect(world.until(sent)).rejects.toMatchObject({ code: 'LINK_DOWN' });
  });

  it('go to the linked device', async () => {
    const world = await LinkedDevices.open();
    const send = () =>
      world.near.services.client.request('sendDatagram', { deviceId: world.far.id, bytes: Uint8Array.of(1) });
    expect(await rejected(send())).toMatchObject({ code: 'LINK_DOWN' });
    await world.link();
    await send();
    await world.settle();
    expect(world.far.services.toldOf('datagram.received')).toEqual([
      { deviceId: world.near.id, bytes: Uint8Array.of(1) },
    ]);
  });
});
