import type { Socket } from 'node:net';
import { addressScopeOf, unmappedIp } from '@bowline/contracts';
import { relayHostOf } from '@bowline/relay-protocol';

/** Ports of `https:` and `http:`: behind a proxy or a forwarded port, clients do not see the relay's own. */
const USUAL_PORTS = [443, 80] as const;

const NAMES_OF_THIS_MACHINE = ['127.0.0.1', '[::1]', 'localhost'] as const;

/** Where a connection came in. */
export type ConnectionEnds = Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress'>;

/** Whether the relay goes by a host that a login names. */
export type IsOwnHost = (host: string, connection: ConnectionEnds) => boolean;

/**
 * The hosts a relay goes by, as logins may name it: those it was told, with or without port, and the address a connection
 * came to. A private address counts only for connections from a private network: whoever comes from elsewhere was passed
 * on by a router, and may have met the same address in a network of his own.
 */
export const ownHosts = (publicHosts: readonly string[]): IsOwnHost => {
  const usual = new Set(publicHosts.flatMap((host) => USUAL_PORTS.map((port) => relayHostOf(host, port))));
  return (host, connection) =>
    usual.has(host) ||
    publicHosts.some((known) => relayHostOf(known, connection.localPort ?? 0) === host) ||
    addressesOf(connection).includes(host);
};

const addressesOf = ({ localAddress = '', localPort = 0, remoteAddress = '' }: ConnectionEnds): readonly string[] => {
  const local = unmappedIp(localAddress);
  const named = (host: string): string => relayHostOf(host, localPort) ?? '';
  switch (addressScopeOf(local)) {
    case 'internet':
      return [named(hostOfIp(local))];
    case 'machine':
      return NAMES_OF_THIS_MACHINE.map(named);
    case 'private':
      return addressScopeOf(remoteAddress) === 'private' ? [named(hostOfIp(local))] : [];
    default:
      return [];
  }
};

const hostOfIp = (ip: string): string => (ip.includes(':') ? `[${ip}]` : ip);
