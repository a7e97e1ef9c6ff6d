import { isIP } from 'node:net';
import { InvalidOptionError } from '@bowline/contracts';
import type { ConnectionRate } from './address-allowances.ts';
import { checkWholeNumber } from './check-whole-number.ts';

/** What whoever runs an observer may tune. */
export interface AddressObserverOptions {
  /**
   * UDP port of the first endpoint, 1 to 65,534; the second has the next one. 0 asks the system for both.
   * @defaultValue 0
   */
  readonly port: number;
  /** IP address to bind; `::` is every interface, IPv4 included. @defaultValue '::' */
  readonly bindAddress: string;
  /**
   * Asks answered to one IPv4 address or one IPv6 /64, the others are closed with `busy`: `perSecond` and `burst` 1 to 1,000,000.
   * @defaultValue 10 a second, 200 at once: a device asks twice in 25 s, and many may share the address of a provider
   */
  readonly askRate: ConnectionRate;
  /** Asks under way at once on each endpoint, 1 to 65,536. @defaultValue 256, at about 80 KiB each in iroh (measured) */
  readonly maxAsks: number;
  /** Milliseconds from connection to its end, 100 to 60,000. @defaultValue 5000; an ask takes one round trip */
  readonly askTimeoutMs: number;
}

/** The defaults of {@link AddressObserverOptions}. */
export const ADDRESS_OBSERVER_DEFAULTS: AddressObserverOptions = Object.freeze({
  port: 0,
  bindAddress: '::',
  askRate: Object.freeze({ perSecond: 10, burst: 200 }),
  maxAsks: 256,
  askTimeoutMs: 5_000,
});

/** @throws {@link InvalidOptionError} naming the field, the rule and the value received */
export const resolveAddressObserverOptions = (
  input: Partial<AddressObserverOptions> = {},
): Readonly<AddressObserverOptions> => {
  const options = { ...ADDRESS_OBSERVER_DEFAULTS, ...input };
  checkWholeNumber('port', options.port, 0, 65_534);
  checkWholeNumber('askRate.perSecond', options.askRate.perSecond, 1, 1_000_000);
  checkWholeNumber('askRate.burst', options.askRate.burst, 1, 1_000_000);
  checkWholeNumber('maxAsks', options.maxAsks, 1, 65_536);
  checkWholeNumber('askTimeoutMs', options.askTimeoutMs, 100, 60_000);
  if (isIP(options.bindAddress) === 0) {
    throw new InvalidOptionError('bindAddress', 'must be an IP address', options.bindAddress);
  }
  return Object.freeze(options);
};
