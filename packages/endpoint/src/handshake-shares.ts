import { addressGroupOfSocket } from '@bowline/contracts';
import type { IncomingAddr } from '@number0/iroh/index.js';
import { plainSocketAddress } from './connection-path.ts';

/** How many handshakes each source has under way, over all endpoints of the actor. */
export interface HandshakeShares {
  /** @returns how many it has with this one */
  take(source: string): number;
  release(source: string): void;
}

/** Holds as many entries as handshakes are under way. */
export const handshakeShares = (): HandshakeShares => {
  const counts = new Map<string, number>();
  return {
    take: (source) => {
      const count = (counts.get(source) ?? 0) + 1;
      counts.set(source, count);
      return count;
    },
    release: (source) => {
      const count = (counts.get(source) ?? 0) - 1;
      if (count > 0) counts.set(source, count);
      else counts.delete(source);
    },
  };
};

/**
 * Who shares one part of the budget: an IPv4 address; an IPv6 network of 64 bits, all of which one host may use (RFC
 * 4291 section 2.5.1); through a relay, the endpoint id that the relay vouches for.
 */
export const sourceOf = ({ kind, addr = '', endpointId }: IncomingAddr): string => {
  if (endpointId !== undefined) return `relayed ${endpointId}`;
  const address = plainSocketAddress(addr);
  return address === undefined ? kind : addressGroupOfSocket(address);
};
