import { InvalidOptionError } from '@bowline/contracts';
import { type RelayPolicyOptions, resolveRelayPolicyOptions } from '@bowline/relay-policy';
import type { RelayProxy } from './http-proxy.ts';
import type { RelayTrust } from './relay-trust.ts';

/** What may be tuned about the switchboard. */
export interface RelaySwitchboardOptions extends RelayTrust {
  /**
   * Public authorities trusted for relays with `https:` URLs: the ones Node ships, the operating system's, or none but
   * `caCertificates`. @defaultValue 'bundled'
   */
  readonly trustedRoots: 'bundled' | 'system' | 'none';
  /** Private authorities trusted beside them, PEM, one or more in each text. @defaultValue [] */
  readonly caCertificates: readonly string[];
  /** The proxy relays are reached through. @defaultValue null */
  readonly proxy: RelayProxy | null;
  /** How long a relay joined for a peer is kept without a datagram, milliseconds. @defaultValue 60_000, as iroh does */
  readonly leaveIdleRelayAfterMs: number;
  /**
   * Whether relays that peers and tickets name may be on this machine: for a device that stays there as a whole.
   * @defaultValue false
   */
  readonly allowsThisMachine: boolean;
  /** How home and standby are chosen. @defaultValue the defaults of `@bowline/relay-policy` */
  readonly policy: Readonly<RelayPolicyOptions>;
}

/** What a caller gives; everything is optional. */
export type RelaySwitchboardOptionsInput = Partial<Omit<RelaySwitchboardOptions, 'policy'>> & {
  readonly policy?: Partial<RelayPolicyOptions>;
};

export const RELAY_SWITCHBOARD_DEFAULTS: RelaySwitchboardOptions = Object.freeze({
  trustedRoots: 'bundled',
  caCertificates: Object.freeze([]),
  proxy: null,
  leaveIdleRelayAfterMs: 60_000,
  allowsThisMachine: false,
  policy: resolveRelayPolicyOptions(),
});

/** Fills in defaults and checks every field. @throws {@link InvalidOptionError} */
export const resolveRelaySwitchboardOptions = (
  input: RelaySwitchboardOptionsInput = {},
): Readonly<RelaySwitchboardOptions> => {
  const { allowsThisMachine, caCertificates, leaveIdleRelayAfterMs, proxy, trustedRoots } = {
    ...RELAY_SWITCHBOARD_DEFAULTS,
    ...input,
  };
  if (!Array.isArray(caCertificates) || !caCertificates.every(isPemCertificate)) {
    throw new InvalidOptionError('caCertificates', 'must be a list of PEM certificates', 'something else');
  }
  if (!['bundled', 'system', 'none'].includes(trustedRoots)) {
    throw new InvalidOptionError('trustedRoots', 'must be "bundled", "system" or "none"', trustedRoots);
  }
  if (trustedRoots === 'none' && caCertificates.length === 0) {
    throw new InvalidOptionError('caCertificates', 'must not be empty when trustedRoots is "none"', '[]');
  }
  if (typeof allowsThisMachine !== 'boolean') {
    throw new InvalidOptionError('allowsThisMachine', 'must be true or false', allowsThisMachine);
  }
  if (proxy !== null) checkProxy(proxy);
  if (!Number.isFinite(leaveIdleRelayAfterMs) || leaveIdleRelayAfterMs < 1_000) {
    throw new InvalidOptionError('leaveIdleRelayAfterMs', 'must be at least 1000 milliseconds', leaveIdleRelayAfterMs);
  }
  return Object.freeze({
    trustedRoots,
    caCertificates: Object.freeze([...caCertificates]),
    proxy: proxy === null ? null : Object.freeze({ url: proxy.url, noProxy: Object.freeze([...proxy.noProxy]) }),
    leaveIdleRelayAfterMs,
    allowsThisMachine,
    policy: resolveRelayPolicyOptions(input.policy),
  });
};

/** The URL may hold a password and is not shown. */
const checkProxy = ({ noProxy, url }: RelayProxy): void => {
  if (typeof url !== 'string' || !URL.canParse(url)) {
    throw new InvalidOptionError('proxy.url', 'must be a URL, of http: or socks5:', 'something else');
  }
  if (!Array.isArray(noProxy) || !noProxy.every((entry) => typeof entry === 'string')) {
    throw new InvalidOptionError('proxy.noProxy', 'must be a list of host names', 'something else');
  }
};

const isPemCertificate = (value: unknown): boolean =>
  typeof value === 'string' && value.includes('-----BEGIN CERTIFICATE-----');
