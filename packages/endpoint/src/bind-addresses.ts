import { isIPv4, isIPv6 } from 'node:net';
import { InvalidOptionError } from '@bowline/contracts';

/** What to ask iroh to bind, each as `ip:port` with port 0. */
export interface BindPlan {
  readonly given: readonly string[];
  /** Loopback of the family that was not given: left out, iroh would open that family on all interfaces. */
  readonly implied: readonly string[];
}

/**
 * Checks bind addresses before iroh sees them, because a refused one leaves iroh's builder unusable.
 *
 * @throws {@link InvalidOptionError} for anything but plain IP addresses, and for two of one family.
 */
export const planBindAddresses = (addresses: readonly string[]): BindPlan => {
  for (const address of addresses) {
    if (!isIPv4(address) && !(isIPv6(address) && !address.includes('%'))) {
      throw new InvalidOptionError('bindAddresses', 'must hold IP addresses without port or zone', address);
    }
  }
  const ipv4 = addresses.filter((address) => isIPv4(address));
  const ipv6 = addresses.filter((address) => isIPv6(address));
  if (ipv4.length > 1 || ipv6.length > 1) {
    throw new InvalidOptionError('bindAddresses', 'must hold at most one address of each family', addresses.join(', '));
  }
  const given = [...ipv4.map((ip) => `${ip}:0`), ...ipv6.map((ip) => `[${ip}]:0`)];
  if (addresses.length !== 1) return { given, implied: [] };
  return { given, implied: ipv4.length === 1 ? ['[::1]:0'] : ['127.0.0.1:0'] };
};
