import { type ConnectionPath, parseSocketAddress, type SocketAddress } from '@bowline/contracts';

/** What iroh says of one path of a connection. */
export interface NativePath {
  readonly isSelected: boolean;
  readonly remoteAddr: string;
  readonly isRelay: boolean;
  readonly rttMs: number;
}

/**
 * The path a connection uses, or `null` when that cannot be said. Never ask a closed connection: it answers with its last
 * paths for ever.
 *
 * iroh selects paths for a peer, not for a connection: where a peer was started again, the one to its old port may stay the
 * selected one for as long as both run, and its new connection then has none (measured with iroh 1.0.2). It uses its only path
 * all the same. A relay alone proves nothing: while a connection is young its direct paths may not be listed yet.
 */
export const pathInUse = (paths: readonly NativePath[]): ConnectionPath | null => {
  const [only] = paths.length === 1 ? paths : [];
  const selected = paths.find(({ isSelected }) => isSelected) ?? (only?.isRelay === false ? only : undefined);
  if (selected === undefined) return null;
  const { isRelay, rttMs } = selected;
  if (isRelay) return { kind: 'relay', remoteAddress: null, rttMs };
  return { kind: 'direct', remoteAddress: plainSocketAddress(selected.remoteAddr) ?? null, rttMs };
};

/** Whether two paths are the same way to the other side; round trips do not count. */
export const isSamePath = (one: ConnectionPath | null, other: ConnectionPath | null): boolean =>
  one?.kind === other?.kind && one?.remoteAddress === other?.remoteAddress;

/** Reads an address as iroh writes it: without zone, and IPv4 as IPv4 also when it came in on an IPv6 socket. */
export const plainSocketAddress = (text: string): SocketAddress | undefined =>
  parseSocketAddress(text.replace(/%[^\]]*(?=\])/, '').replace(/^\[::ffff:([0-9.]+)\]/i, '$1'));
