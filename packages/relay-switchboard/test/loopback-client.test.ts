import { encodeClientFrame, encodePong } from '@bowline/relay-protocol';
import { describe, expect, it } from 'vitest';
import { LoopbackClient } from '../src/loopback-client.ts';

/** A socket that takes everything and flushes only when told. */
class CloggedSocket {
  readonly sent: Uint8Array[] = [];
  bufferedBytes = 0;
  #flushers: (() => void)[] = [];

  send(frame: Uint8Array, onFlushed?: () => void): void {
    this.sent.push(frame);
    this.bufferedBytes += frame.length;
    if (onFlushed !== undefined) this.#flushers.push(onFlushed);
  }

  flush(): void {
    this.bufferedBytes = 0;
    for (const flushed of this.#flushers.splice(0)) flushed();
  }

  close(): void {
    this.flush();
  }
}

const ping = (number: number): Buffer => {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(number);
  return Buffer.from(encodeClientFrame({ type: 'ping', payload }));
};

describe('an endpoint that pings without reading', () => {
  it('takes no memory, and has its newest ping answered', () => {
    const socket = new CloggedSocket();
    const client = new LoopbackClient(socket, { datagrams: () => undefined, dropped: () => undefined });
    for (let number = 1; number <= 50_000; number += 1) client.receive(ping(number));
    expect(socket.bufferedBytes).toBeLessThan(100_000);
    socket.sent.length = 0;
    socket.flush();
    expect(socket.sent.map((frame) => Buffer.from(frame))).toEqual([Buffer.from(encodePong(ping(50_000).subarray(1)))]);
  });
});
