import { isIPv4, isIPv6 } from 'node:net';
import { InvalidOptionError } from '@bowline/contracts';

/** What to ask iroh to bind, each as `ip:port`; port 0 leaves the choice to the system. */
export interface BindPlan {
  readonly given: readonly string[];
  /**
   * Addresses of a family that this machine may not have. With one address given: loopback of the other family, which
   * iroh would open on all interfaces if it were left out. With a port alone: the IPv6 wildcard.
   */
  readonly implied: readonly string[];
}

/**
 * Checks bind addresses before iroh sees them, because a refused one leaves iroh's builder unusable.
 *
 * @throws {@link InvalidOptionError} for anything but plain IP addresses, for two of one family, and for what is no port.
 */
export const planBindAddresses = (addresses: readonly string[], asked?: number): BindPlan => {
  if (asked !== undefined && !(Number.isSafeInteger(asked) && asked >= 1 && asked <= 65_535)) {
    throw new InvalidOptionError('port', 'must be a UDP port, 1 to 65535', asked);
  }
  const port = asked ?? 0;
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
  // iroh chooses the port of a wildcard it opens by itself.
  if (addresses.length === 0) return port === 0 ? { given: [], implied: [] } : anywhere(port);
  const given = [...ipv4.map((ip) => `${ip}:${port}`), ...ipv6.map((ip) => `[${ip}]:${port}`)];
  if (addresses.length !== 1) return { given, implied: [] };
  return { given, implied: ipv4.length === 1 ? ['[::1]:0'] : ['127.0.0.1:0'] };
};

const anywhere = (port: number): BindPlan => ({ given: [`0.0.0.0:${port}`], implied: [`[::]:${port}`] });
