import { isIP } from 'node:net';
import { canonicalIpv6 } from '@bowline/contracts';

/** The bytes of an IP address, four or sixteen; it must be a valid one, without zone. */
export const ipBytes = (address: string): Buffer => {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [front = [], back] = canonicalIpv6(address).split('::').map(groupsOf);
  const zeros = back === undefined ? [] : Array<number>(8 - front.length - back.length).fill(0);
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...front, ...zeros, ...(back ?? [])].entries()) bytes.writeUInt16BE(group, 2 * index);
  return bytes;
};

/** The address of four or sixteen bytes, as everybody writes it (RFC 5952). */
export const ipText = (bytes: Buffer): string => {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return canonicalIpv6(groups.join(':'));
};

const groupsOf = (part: string): readonly number[] =>
  part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
