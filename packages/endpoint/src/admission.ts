import type { AlpnPolicy, CloseName, EndpointId } from '@bowline/contracts';

/** Who may speak what on one bound endpoint, and how many do. */
export interface Admission {
  /** `null` admits the connection and counts it until `release`; a name says what to close it with. */
  admit(remote: EndpointId, alpn: string): CloseName | null;
  release(remote: EndpointId, alpn: string): void;
  /** Replaces the lists; answers who was admitted and is not any more. */
  replace(admitted: readonly EndpointId[], unpaired?: readonly EndpointId[]): ReadonlySet<EndpointId>;
  policyOf(alpn: string): AlpnPolicy | undefined;
}

/** Lists and counts begin empty but for those admitted at first. */
export const admission = (
  protocols: readonly AlpnPolicy[],
  admittedAtFirst: readonly EndpointId[],
  maxIncomingPerRemote: number,
  unpairedAtFirst: readonly EndpointId[] = [],
): Admission => {
  const policies = new Map(protocols.map((policy) => [policy.alpn, policy]));
  const counts = new Map<string, number>();
  let admitted: ReadonlySet<EndpointId> = new Set(admittedAtFirst);
  let unpaired: ReadonlySet<EndpointId> = new Set(unpairedAtFirst);

  const countOf = (key: string): number => counts.get(key) ?? 0;
  const change = (key: string, by: number): void => {
    const count = countOf(key) + by;
    if (count > 0) counts.set(key, count);
    else counts.delete(key);
  };

  return {
    admit: (remote, alpn) => {
      const policy = policies.get(alpn);
      if (policy === undefined) return 'version-unsupported';
      if (policy.admit === 'listed' && !admitted.has(remote)) return unpaired.has(remote) ? 'unpaired' : 'not-paired';
      const ofRemote = `${remote} ${alpn}`;
      if (countOf(alpn) >= policy.maxIncoming || countOf(ofRemote) >= maxIncomingPerRemote) return 'busy';
      change(alpn, 1);
      change(ofRemote, 1);
      return null;
    },
    release: (remote, alpn) => {
      change(alpn, -1);
      change(`${remote} ${alpn}`, -1);
    },
    replace: (list, unpairedList = []) => {
      unpaired = new Set(unpairedList);
      const now = new Set(list);
      const removed = new Set([...admitted].filter((endpointId) => !now.has(endpointId)));
      admitted = now;
      return removed;
    },
    policyOf: (alpn) => policies.get(alpn),
  };
};
