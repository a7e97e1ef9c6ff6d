import {
  encodeClientAuth,
  encodeClientFrame,
  encodePong,
  endpointKeyOf,
  routeKeyOf,
  signChallenge,
} from '@bowline/relay-protocol';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { LoopbackLogin } from '../src/loopback-login.ts';

const SECRET_KEY = new Uint8Array(32).fill(3);
const CHALLENGE = new Uint8Array(16).fill(4);

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

  terminate(): void {
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
    const login = new LoopbackLogin(socket, CHALLENGE, fakeClock(), {
      proven: (key) => key === routeKeyOf(endpointKeyOf(SECRET_KEY)),
      confirmed: () => undefined,
      datagrams: () => undefined,
      dropped: () => undefined,
    });
    login.receive(Buffer.from(encodeClientAuth(signChallenge(SECRET_KEY, CHALLENGE))));
    for (let number = 1; number <= 50_000; number += 1) login.receive(ping(number));
    expect(socket.bufferedBytes).toBeLessThan(100_000);
    socket.sent.length = 0;
    socket.flush();
    expect(socket.sent.map((frame) => Buffer.from(frame))).toEqual([Buffer.from(encodePong(ping(50_000).subarray(1)))]);
  });
});
