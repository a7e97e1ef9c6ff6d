import { type ConnectionPath, parseSocketAddress, type SocketAddress } from '@bowline/contracts';

/** What iroh says of one path of a connection. */
export interface NativePath {
  readonly isSelected: boolean;
  readonly remoteAddr: string;
  readonly isRelay: boolean;
  readonly rttMs: number;
  readonly stats: { readonly udpRxDatagrams: number; readonly udpTxDatagrams: number; readonly lostPackets: number };
}

/**
 * The selected path; where iroh says of none that it is, the one that brought most. `null` while nothing came on any.
 * Never ask a closed connection: it answers with its last paths for ever.
 */
export const selectedPath = (paths: readonly NativePath[]): ConnectionPath | null => {
  const selected = nativePathInUse(paths);
  if (selected === undefined) return null;
  const { isRelay, rttMs } = selected;
  if (isRelay) return { kind: 'relay', remoteAddress: null, rttMs };
  return { kind: 'direct', remoteAddress: plainSocketAddress(selected.remoteAddr) ?? null, rttMs };
};

/** The one that {@link selectedPath} tells of. */
export const nativePathInUse = (paths: readonly NativePath[]): NativePath | undefined =>
  paths.find(({ isSelected }) => isSelected) ?? busiestPath(paths);

const busiestPath = (paths: readonly NativePath[]): NativePath | undefined =>
  paths
    .filter(({ stats }) => stats.udpRxDatagrams > 0)
    .toSorted((one, other) => other.stats.udpRxDatagrams - one.stats.udpRxDatagrams)[0];

/** Reads an address as iroh writes it: without zone, and IPv4 as IPv4 also when it came in on an IPv6 socket. */
export const plainSocketAddress = (text: string): SocketAddress | undefined =>
  parseSocketAddress(text.replace(/%[^\]]*(?=\])/, '').replace(/^\[::ffff:([0-9.]+)\]/i, '$1'));
