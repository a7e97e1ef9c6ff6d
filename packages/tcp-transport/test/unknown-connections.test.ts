import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { TCP_TRANSPORT_DEFAULTS } from '../src/options.ts';
import { unknownConnections } from '../src/unknown-connections.ts';

let lastPort = 0;

/** A connection from somewhere, as far as it is looked at before it is known who it is. */
const from = (remoteAddress: string, localAddress = '192.168.1.2'): Socket => {
  lastPort += 1;
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress,
    remotePort: lastPort,
    localAddress,
    bytesRead: 0,
    destroy: () => socket.emit('close'),
  });
  return socket as unknown as Socket;
};

const strangers = (linked: readonly string[] = []) => {
  const clock = fakeClock();
  const unknown = unknownConnections({
    clock,
    options: TCP_TRANSPORT_DEFAULTS,
    isOfLinkedDevice: (ip) => linked.includes(ip),
  });
  /** How many of them may go on. */
  const admitted = (sockets: readonly Socket[]): number => sockets.filter((socket) => unknown.admit(socket)).length;
  return { admitted, unknown };
};

const many = (count: number, address: (index: number) => string): readonly Socket[] =>
  Array.from({ length: count }, (_, index) => from(address(index)));

describe('connections of nobody knows whom', () => {
  it('come from the internet only to an address that faces it', () => {
    const { admitted } = strangers();
    expect(admitted([from('203.0.113.1'), from('::ffff:203.0.113.1'), from('2001:db8::1', 'fe80::1%eth0')])).toBe(0);
    expect(admitted([from('203.0.113.1', '198.51.100.1'), from('2001:db8::1', '2001:db8:1::1')])).toBe(2);
  });

  it('of one network of IPv6 are as few as of one address of IPv4', () => {
    const { admitted } = strangers();
    expect(admitted(many(10, () => '192.168.1.9'))).toBe(4);
    expect(admitted(many(10, (index) => `fd00::${index + 1}`))).toBe(4);
    expect(admitted(many(10, (index) => `fe80::${index + 1}%eth0`))).toBe(4);
  });

  it('of one network of IPv6 do not come faster by coming from many addresses', () => {
    const { admitted, unknown } = strangers();
    let count = 0;
    for (const socket of many(100, (index) => `fd00::${(index + 1).toString(16)}`)) {
      count += admitted([socket]);
      unknown.known(socket);
    }
    expect(count).toBe(20);
  });

  it('take no places of the addresses of linked devices on their network', () => {
    const { admitted } = strangers(['fe80::beef%eth0']);
    admitted(many(100, (index) => `fe80::${index + 1}%eth0`));
    expect(admitted(many(10, () => 'fe80::beef%eth0'))).toBe(4);
  });
});
