import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/** Which authorities may vouch for a relay. */
export interface RelayTrust {
  /**
   * `bundled`: the public authorities Node ships. `system`: the operating system's. `none`: those given as
   * `caCertificates` alone, which pins relays to them.
   */
  readonly trustedRoots: 'bundled' | 'system' | 'none';
  /** Further authorities, PEM. */
  readonly caCertificates: readonly string[];
}

/** Reading the roots takes milliseconds; one context serves every relay. `null`: Node's own default does. */
export const secureContextFor = ({ caCertificates, trustedRoots }: RelayTrust): SecureContext | null => {
  if (trustedRoots === 'bundled' && caCertificates.length === 0) return null;
  const roots = trustedRoots === 'none' ? [] : getCACertificates(trustedRoots);
  return createSecureContext({ ca: [...roots, ...caCertificates] });
};
