import { isIP } from 'node:net';
import { InvalidOptionError } from '@bowline/contracts';

/** What a host may tune about the mDNS source. */
export interface MdnsDiscoveryOptions {
  /** Whether mDNS is used at all. Switched off, the source opens no socket and sends nothing. @defaultValue true */
  readonly enabled: boolean;
  /**
   * Whether this device is announced. Where it is not, others are looked for and heard all the same: what is sent then are
   * questions, which say that somebody here looks for Bowline devices. @defaultValue true
   */
  readonly announces: boolean;
  /**
   * `all`: every interface that leads somewhere else, over IPv4 and over IPv6 as it has addresses, and loopback when there is
   * none. Or the local addresses of the interfaces to use, at most 16; those that are not there yet are used once they appear.
   * `['127.0.0.1']` stays on this machine, `0.0.0.0` stands for all, and loopback of IPv6 is passed over.
   * @defaultValue 'all'
   */
  readonly interfaces: 'all' | readonly string[];
  /**
   * UDP port of the multicast group, 1 to 65,535. Only devices with the same port find each other; anything but the
   * default is for tests and closed groups.
   * @defaultValue 5353 (RFC 6762)
   */
  readonly port: number;
}

/** The defaults of {@link MdnsDiscoveryOptions}. */
export const MDNS_DISCOVERY_DEFAULTS: MdnsDiscoveryOptions = Object.freeze({
  enabled: true,
  announces: true,
  interfaces: 'all',
  port: 5353,
});

/** Most interfaces used at once, of each family: more than a router has, little enough that a container host is not flooded. */
export const MAX_INTERFACES = 16;

/**
 * Fills in defaults and checks every field.
 * @throws {@link InvalidOptionError}
 */
export const resolveMdnsDiscoveryOptions = (
  input: Partial<MdnsDiscoveryOptions> = {},
): Readonly<MdnsDiscoveryOptions> => {
  const options = { ...MDNS_DISCOVERY_DEFAULTS, ...input };
  if (typeof options.enabled !== 'boolean') {
    throw new InvalidOptionError('enabled', 'must be true or false', options.enabled);
  }
  if (typeof options.announces !== 'boolean') {
    throw new InvalidOptionError('announces', 'must be true or false', options.announces);
  }
  if (options.interfaces !== 'all' && !isAddressList(options.interfaces)) {
    const rule = `must be "all" or a list of 1 to ${MAX_INTERFACES} local IP addresses`;
    throw new InvalidOptionError('interfaces', rule, options.interfaces);
  }
  if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) {
    throw new InvalidOptionError('port', 'must be a whole number from 1 to 65535', options.port);
  }
  return Object.freeze(options.interfaces.includes('0.0.0.0') ? { ...options, interfaces: 'all' } : options);
};

const isAddressList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length >= 1 &&
  value.length <= MAX_INTERFACES &&
  value.every((address) => typeof address === 'string' && isIP(address) !== 0);
