import type { ServiceStreamId } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { type LinkedDevice, LinkedDevices, NOTES } from './linked-devices.ts';

const CHUNK_BYTES = 61_440;

/** Byte number `at` of a stream: one that came twice or not at all would show. */
const byteAt = (at: number): number => (at * 7 + Math.floor(at / 251)) % 256;
const chunkAt = (at: number): Uint8Array => Uint8Array.from({ length: CHUNK_BYTES }, (_, index) => byteAt(at + index));

/** Writes without waiting for the reader, and reads: what came is compared as it comes. */
class Transfer {
  sent = 0;
  received = 0;
  isEqual = true;
  readonly #ended = Promise.withResolvers<void>();
  readonly #world: LinkedDevices;
  readonly #from: readonly [LinkedDevice, ServiceStreamId];

  constructor(
    world: LinkedDevices,
    from: readonly [LinkedDevice, ServiceStreamId],
    to: readonly [LinkedDevice, ServiceStreamId],
  ) {
    this.#world = world;
    this.#from = from;
    void this.#read(...to);
  }

  async #read(device: LinkedDevice, streamId: ServiceStreamId): Promise<void> {
    for (;;) {
      const { pieces } = await device.services.client.request('read', { streamId });
      if (pieces.length === 0) {
        this.#ended.resolve();
        return;
      }
      for (const byte of pieces.flatMap((piece) => [...piece])) {
        if (byte !== byteAt(this.received)) this.isEqual = false;
        this.received += 1;
      }
    }
  }

  async send(chunks: number): Promise<void> {
    const [device, streamId] = this.#from;
    for (let done = 0; done < chunks; done += 1) {
      const bytes = chunkAt(this.sent);
      this.sent += bytes.byteLength;
      await this.#world.until(device.services.client.request('write', { streamId, bytes }));
    }
  }

  async end(): Promise<void> {
    const [device, streamId] = this.#from;
    await this.#world.until(device.services.client.request('end', { streamId }));
    await this.#world.until(this.#ended.promise);
  }
}

const transportOf = async (device: LinkedDevice) =>
  (await device.services.client.request('status', {})).streams.map(({ transport }) => transport);

/** A transfer that has reached the size from which on TCP is wanted. */
const largeTransfer = async (world: LinkedDevices, direction: 'out' | 'in' = 'out') => {
  const { here, there } = await world.openStream();
  const near = [world.near, here] as const;
  const far = [world.far, there] as const;
  const transfer = direction === 'out' ? new Transfer(world, near, far) : new Transfer(world, far, near);
  await transfer.send(10);
  await world.settle();
  return transfer;
};

const linkedWorld = async (isReachable: boolean): Promise<LinkedDevices> => {
  const world = await LinkedDevices.open();
  world.tcp.isReachable = isReachable;
  await world.link();
  return world;
};

describe('streams and TCP', () => {
  it.each(['out', 'in'] as const)(
    'a stream that carries much (%s) moves, and nothing of it is lost or doubled',
    async (way) => {
      const world = await linkedWorld(true);
      const transfer = await largeTransfer(world, way);
      expect(await transportOf(world.near)).toEqual(['tcp']);
      expect(await transportOf(world.far)).toEqual(['tcp']);
      await transfer.send(20);
      await transfer.end();
      expect(transfer).toMatchObject({ isEqual: true, received: 30 * CHUNK_BYTES });
    },
  );

  it('a small one stays where it is, and TCP is not asked for', async () => {
    const world = await linkedWorld(true);
    const { here, there } = await world.openStream();
    const transfer = new Transfer(world, [world.near, here], [world.far, there]);
    await transfer.send(4);
    await transfer.end();
    expect(world.tcp.near.asked).toEqual([]);
    expect(transfer.isEqual).toBe(true);
  });

  it('one that is said to carry much moves before it has, whether or not there is a connection yet', async () => {
    const world = await linkedWorld(true);
    for (let count = 0; count < 2; count += 1) {
      const { here, there } = await world.openStream(undefined, undefined, true);
      await world.settle();
      expect(await transportOf(world.near)).toEqual(['tcp']);
      const transfer = new Transfer(world, [world.near, here], [world.far, there]);
      await transfer.send(4);
      await transfer.end();
      expect(transfer.isEqual).toBe(true);
      await world.until(world.far.services.client.request('end', { streamId: there }));
      await world.until(world.near.services.client.request('read', { streamId: here }));
    }
  });

  it('goes back when the connection dies, and once more to the next one, whoever hears of it first', async () => {
    for (const first of [
      ['near', 'far'],
      ['far', 'near'],
    ] as const) {
      const world = await linkedWorld(false);
      const transfer = await largeTransfer(world);
      for (let round = 0; round < 3; round += 1) {
        const connectionId = world.tcp.connect();
        await world.settle();
        expect(await transportOf(world.near)).toEqual(['tcp']);
        // What is under way is swallowed, as by a network that has gone.
        world.tcp.isSilent = true;
        const writing = transfer.send(3);
        await world.settle();
        world.tcp.cut(connectionId, [first[0]]);
        await world.settle();
        world.tcp.cut(connectionId, [first[1]]);
        world.tcp.isSilent = false;
        await writing;
        await world.settle();
        expect(await transportOf(world.near)).toEqual(['quic']);
        expect(await transportOf(world.far)).toEqual(['quic']);
        await transfer.send(3);
      }
      await transfer.end();
      expect(transfer.isEqual).toBe(true);
      expect(transfer.received).toBe(transfer.sent);
    }
  });

  it('asks again soon, whatever the transport waits for, and only while something is worth it', async () => {
    const world = await linkedWorld(false);
    const transfer = await largeTransfer(world);
    const asked = (): number => world.tcp.near.asked.filter((name) => name === 'connect').length;
    expect(asked()).toBe(1);
    await transfer.send(10);
    expect(asked()).toBe(1);
    await world.clock.advance(250);
    await transfer.send(1);
    expect(asked()).toBe(2);
    // Quiet from now on, and not over: nobody needs TCP for it.
    await world.clock.advance(60_000);
    await transfer.send(2);
    expect(asked()).toBe(2);
    await transfer.send(10);
    expect(asked()).toBe(3);
  });

  it('leaves a stream that ends with its connection, and one that the other side opened, to whoever opened it', async () => {
    const world = await linkedWorld(true);
    const { here, there } = await world.openStream(NOTES.name, false);
    const transfer = new Transfer(world, [world.near, here], [world.far, there]);
    await transfer.send(10);
    await world.settle();
    expect(await transportOf(world.near)).toEqual(['quic']);
    expect(world.tcp.far.asked).toEqual([]);
  });

  it('a service that may not be relayed goes on over TCP when the path of the link becomes a relay', async () => {
    const world = await LinkedDevices.open();
    await world.far.services.client.request('setServices', { services: [{ ...NOTES, relay: 'deny' }] });
    world.tcp.isReachable = true;
    await world.link();
    const transfer = await largeTransfer(world);
    world.movePath('relay');
    await transfer.send(5);
    await transfer.end();
    expect(transfer.isEqual).toBe(true);
  });

  it('all are on QUIC again when the transport dies, and are lost with nothing but their link', async () => {
    const world = await linkedWorld(true);
    const transfer = await largeTransfer(world);
    world.tcp.isReachable = false;
    for (const device of [world.near, world.far]) await device.services.client.request('dropTcp', {});
    await world.settle();
    expect(await transportOf(world.near)).toEqual(['quic']);
    await world.unlink();
    expect(await transportOf(world.near)).toEqual([null]);
    await world.link();
    await transfer.send(5);
    await transfer.end();
    expect(transfer.isEqual).toBe(true);
  });

  it('says of everything that came that it was taken', async () => {
    const world = await linkedWorld(true);
    const transfer = await largeTransfer(world);
    await transfer.send(40);
    await world.settle();
    expect(world.tcp.far.takenBytes()).toBeGreaterThan(40 * CHUNK_BYTES - 131_072);
  });
});
