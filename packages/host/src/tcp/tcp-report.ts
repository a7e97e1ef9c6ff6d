import type { NetworkReport, SocketAddress } from '@bowline/contracts';
import type { ResolvedHostOptions } from '../options.ts';

/** How far this device uses TCP, and where it listens for it. */
export const tcpReport = (
  { tcp, allowsPublicTcp }: Pick<ResolvedHostOptions, 'tcp' | 'allowsPublicTcp'>,
  listeningAt: readonly SocketAddress[],
): NetworkReport['tcp'] => {
  if (!tcp) return { reach: 'off', listeningAt: [] };
  return { reach: allowsPublicTcp ? 'public' : 'private', listeningAt };
};
