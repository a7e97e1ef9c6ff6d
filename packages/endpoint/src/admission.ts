import type { AlpnPolicy, CloseName, EndpointId, UnpairedEndpoint } from '@bowline/contracts';

/** What a connection is closed with. */
export interface Refusal {
  readonly name: CloseName;
  readonly reason: string;
}

/** Who may speak what on one bound endpoint, and how many do. */
export interface Admission {
  /** `null` admits the connection and counts it until `release`; otherwise what to close it with. */
  admit(remote: EndpointId, alpn: string): Refusal | null;
  release(remote: EndpointId, alpn: string): void;
  /** Replaces the lists; answers who was admitted and is not any more. */
  replace(admitted: readonly EndpointId[], unpaired?: readonly UnpairedEndpoint[]): ReadonlySet<EndpointId>;
  policyOf(alpn: string): AlpnPolicy | undefined;
}

/** Lists and counts begin empty but for those admitted at first. */
export const admission = (
  protocols: readonly AlpnPolicy[],
  admittedAtFirst: readonly EndpointId[],
  maxIncomingPerRemote: number,
  unpairedAtFirst: readonly UnpairedEndpoint[] = [],
  isBlocked: (remote: EndpointId) => boolean = () => false,
): Admission => {
  const policies = new Map(protocols.map((policy) => [policy.alpn, policy]));
  const counts = new Map<string, number>();
  let admitted: ReadonlySet<EndpointId> = new Set(admittedAtFirst);
  let unpaired = pairingsOf(unpairedAtFirst);

  const countOf = (key: string): number => counts.get(key) ?? 0;
  const change = (key: string, by: number): void => {
    const count = countOf(key) + by;
    if (count > 0) counts.set(key, count);
    else counts.delete(key);
  };

  return {
    admit: (remote, alpn) => {
      const policy = policies.get(alpn);
      const isListed = policy?.admit === 'listed';
      if (isListed && (isBlocked(remote) || !admitted.has(remote))) {
        const pairingId = unpaired.get(remote);
        return pairingId === undefined ? refusal('not-paired') : refusal('unpaired', pairingId ?? '');
      }
      if (isBlocked(remote)) return refusal('blocked');
      if (policy === undefined) return refusal('version-unsupported');
      const ofRemote = `${remote} ${alpn}`;
      if (countOf(alpn) >= policy.maxIncoming || countOf(ofRemote) >= maxIncomingPerRemote) return refusal('busy');
      change(alpn, 1);
      change(ofRemote, 1);
      return null;
    },
    release: (remote, alpn) => {
      change(alpn, -1);
      change(`${remote} ${alpn}`, -1);
    },
    replace: (list, unpairedList = []) => {
      unpaired = pairingsOf(unpairedList);
      const now = new Set(list);
      const removed = new Set([...admitted].filter((endpointId) => !now.has(endpointId)));
      admitted = now;
      return removed;
    },
    policyOf: (alpn) => policies.get(alpn),
  };
};

const refusal = (name: CloseName, reason = ''): Refusal => ({ name, reason });

const pairingsOf = (unpaired: readonly UnpairedEndpoint[]): ReadonlyMap<EndpointId, string | null> =>
  new Map(unpaired.map(({ endpointId, pairingId }) => [endpointId, pairingId]));
