import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Answers the addresses of a host, in the order worth trying; rejects when it is not known. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** Asks the operating system, as every other program on this machine does: its hosts file, its DNS, its order. */
export const resolveHost: ResolveHost = async (host) => {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};
