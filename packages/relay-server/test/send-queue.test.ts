import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FlushTurn, SendQueue } from '../src/send-queue.ts';

/** A connection that takes what it is given when told to. */
class HeldConnection extends Writable {
  readonly writes: Buffer[] = [];
  #done: (() => void) | undefined;
  isHeld: boolean = false;

  constructor() {
    super({ highWaterMark: 1_000 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk);
    if (this.isHeld) this.#done = done;
    else done();
  }

  release(): void {
    this.isHeld = false;
    this.#done?.();
  }
}

const queueOn = (socket: Writable, dropped: Buffer[] = [], isCrowded: () => boolean = () => false) => {
  const turn = new FlushTurn(isCrowded);
  const budget = { limitBytes: 1e9, usedBytes: 0 };
  const sent: Buffer[] = [];
  const queue = new SendQueue({
    socket,
    turn,
    limitBytes: 65_536,
    budget,
    onDrop: (frame) => dropped.push(frame),
    onSent: (frame) => sent.push(frame),
  });
  return { queue, budget, sent };
};

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a send queue', () => {
  it('writes what came within a turn as one buffer of WebSocket messages', async () => {
    const socket = new HeldConnection();
    const { queue } = queueOn(socket);
    queue.push({}, Buffer.from('ab'));
    queue.push({}, Buffer.alloc(200, 1));
    expect(socket.writes).toEqual([]);
    await endOfTurn();
    expect(socket.writes).toHaveLength(1);
    expect(socket.writes[0]?.subarray(0, 8).toString('hex')).toBe('82026162827e00c8');
    queue.push({}, Buffer.from('c'));
    await endOfTurn();
    expect(socket.writes).toHaveLength(2);
  });

  it('waits for no turn while a crowd is on the way in, and for one again once it is there', async () => {
    const socket = new HeldConnection();
    let isCrowded = true;
    const { queue } = queueOn(socket, [], () => isCrowded);
    queue.push({}, Buffer.from('a'));
    queue.push({}, Buffer.from('b'));
    await Promise.resolve();
    expect(socket.writes).toHaveLength(1);
    isCrowded = false;
    queue.push({}, Buffer.from('c'));
    await Promise.resolve();
    expect(socket.writes).toHaveLength(1);
    await endOfTurn();
    expect(socket.writes).toHaveLength(2);
  });

  it('holds frames while the connection is backed up, and goes on when it drains', async () => {
    const socket = new HeldConnection();
    const { budget, queue, sent } = queueOn(socket);
    socket.isHeld = true;
    queue.push({}, Buffer.alloc(2_000, 1));
    await endOfTurn();
    expect(queue.isBackedUp).toBe(true);
    expect(sent).toHaveLength(1);
    queue.push({}, Buffer.alloc(10, 2));
    queue.push({}, Buffer.alloc(10, 3));
    expect(budget.usedBytes).toBeGreaterThan(20);
    expect(queue.takeProgress()).toBe(false);
    const drained = once(socket, 'drain');
    socket.release();
    await drained;
    expect(socket.writes).toHaveLength(2);
    expect(socket.writes[1]?.length).toBe(24);
    expect(sent).toHaveLength(3);
    expect(budget.usedBytes).toBe(0);
    expect([queue.isBackedUp, queue.takeProgress(), queue.takeProgress()]).toEqual([false, true, false]);
  });

  it('keeps one control frame of each kind while backed up, the newest, and sends it first', async () => {
    const socket = new HeldConnection();
    const { budget, queue } = queueOn(socket);
    socket.isHeld = true;
    queue.push({}, Buffer.alloc(2_000, 1));
    await endOfTurn();
    queue.push({}, Buffer.from('data'));
    const usedBytes = budget.usedBytes;
    for (let count = 0; count < 10_000; count += 1) queue.pushControl('pong', Buffer.from(`pong${count}`));
    queue.pushControl('ping', Buffer.from('ping'));
    expect(budget.usedBytes).toBe(usedBytes);
    const drained = once(socket, 'drain');
    socket.release();
    await drained;
    await endOfTurn();
    expect(Buffer.concat(socket.writes.slice(1)).toString('latin1')).toBe('\x82\x08pong9999\x82\x04ping\x82\x04data');
  });

  it('drops beyond its limit while backed up', async () => {
    const socket = new HeldConnection();
    const dropped: Buffer[] = [];
    const { budget, queue } = queueOn(socket, dropped);
    socket.isHeld = true;
    queue.push({}, Buffer.alloc(2_000, 1));
    await endOfTurn();
    const sender = {};
    for (let count = 0; count < 100; count += 1) queue.push(sender, Buffer.alloc(1_200));
    expect(budget.usedBytes).toBeLessThanOrEqual(65_536);
    expect(dropped.length).toBeGreaterThan(40);
    queue.clear();
    expect(budget.usedBytes).toBe(0);
  });

  it('does not wait for the end of a turn in which much is sent', () => {
    const socket = new HeldConnection();
    const { queue } = queueOn(socket);
    for (let count = 0; count < 70; count += 1) queue.push({}, Buffer.alloc(1_000));
    expect(socket.writes).toHaveLength(1);
  });

  it('writes nothing to a connection that ended', async () => {
    const socket = new HeldConnection();
    const { queue, sent } = queueOn(socket);
    queue.push({}, Buffer.from('late'));
    socket.destroy();
    await endOfTurn();
    expect([...socket.writes, ...sent]).toEqual([]);
  });
});
