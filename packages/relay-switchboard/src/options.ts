import { InvalidOptionError } from '@bowline/contracts';
import { type RelayPolicyOptions, resolveRelayPolicyOptions } from '@bowline/relay-policy';

/** What may be tuned about the switchboard. */
export interface RelaySwitchboardOptions {
  /**
   * Trust anchors for relays with `https:` URLs, one PEM text each; they replace the ones Node trusts by default.
   * Empty: Node's. @defaultValue []
   */
  readonly caCertificates: readonly string[];
  /** How long a relay joined for a peer is kept without a datagram, milliseconds. @defaultValue 60_000, as iroh does */
  readonly leaveIdleRelayAfterMs: number;
  /** How home and standby are chosen. @defaultValue the defaults of `@bowline/relay-policy` */
  readonly policy: Readonly<RelayPolicyOptions>;
}

/** What a caller gives; everything is optional. */
export type RelaySwitchboardOptionsInput = Partial<Omit<RelaySwitchboardOptions, 'policy'>> & {
  readonly policy?: Partial<RelayPolicyOptions>;
};

export const RELAY_SWITCHBOARD_DEFAULTS: RelaySwitchboardOptions = Object.freeze({
  caCertificates: Object.freeze([]),
  leaveIdleRelayAfterMs: 60_000,
  policy: resolveRelayPolicyOptions(),
});

/** Fills in defaults and checks every field. @throws {@link InvalidOptionError} */
export const resolveRelaySwitchboardOptions = (
  input: RelaySwitchboardOptionsInput = {},
): Readonly<RelaySwitchboardOptions> => {
  const { caCertificates, leaveIdleRelayAfterMs } = { ...RELAY_SWITCHBOARD_DEFAULTS, ...input };
  if (!Array.isArray(caCertificates) || !caCertificates.every(isPemCertificate)) {
    throw new InvalidOptionError('caCertificates', 'must be a list of PEM certificates', 'something else');
  }
  if (!Number.isFinite(leaveIdleRelayAfterMs) || leaveIdleRelayAfterMs < 1_000) {
    throw new InvalidOptionError('leaveIdleRelayAfterMs', 'must be at least 1000 milliseconds', leaveIdleRelayAfterMs);
  }
  return Object.freeze({
    caCertificates: Object.freeze([...caCertificates]),
    leaveIdleRelayAfterMs,
    policy: resolveRelayPolicyOptions(input.policy),
  });
};

const isPemCertificate = (value: unknown): boolean =>
  typeof value === 'string' && value.includes('-----BEGIN CERTIFICATE-----');
