import { isIPv4 } from 'node:net';
import type { SocketAddress } from './ids.ts';
import { ipOf } from './socket-address.ts';

/**
 * What counts as one place connections come from: an IPv4 address, or the first 64 bits of an IPv6 address, which is
 * what one subscriber is given at least (RFC 6177).
 */
export const addressGroupOf = (ip: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIPv4(ip)) return ip;
  const [head = '', tail] = (ip.split('%', 1)[0] ?? '').toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return `${[...front, ...Array<string>(zeros).fill('0'), ...back].slice(0, 4).join(':')}::/64`;
};

/** The same of an address with its port. */
export const addressGroupOfSocket = (address: SocketAddress): string => addressGroupOf(ipOf(address));
