/** Why a connection or login was turned away. */
export const DENIAL_REASONS = [
  'too-many-connections',
  'too-many-from-address',
  'too-often-from-address',
  'too-many-clients',
  'handshake-timeout',
  'bad-request',
  'version',
  'bad-login',
  'signature',
  'deny-list',
  'not-on-allow-list',
  'token',
  'call-out',
] as const;

/** One of {@link DENIAL_REASONS}. */
export type DenialReason = (typeof DENIAL_REASONS)[number];

/** Why a datagram was not passed on. */
export const DROP_REASONS = ['absent', 'queue-full', 'total-queue-full', 'empty'] as const;

/** One of {@link DROP_REASONS}. */
export type DropReason = (typeof DROP_REASONS)[number];

/** Why a client that was logged in is no longer. */
export const LEAVE_REASONS = ['left', 'silent', 'stalled', 'protocol', 'displaced', 'dismissed', 'stopping'] as const;

/** One of {@link LEAVE_REASONS}. */
export type LeaveReason = (typeof LEAVE_REASONS)[number];

/** Counters since start; datagrams are counted singly, also within a batch, and bytes are theirs without headers. */
export interface RelayCounters {
  accepted: number;
  readonly denied: Record<DenialReason, number>;
  readonly left: Record<LeaveReason, number>;
  datagramsIn: number;
  datagramsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** Datagrams, by reason. */
  readonly dropped: Record<DropReason, number>;
  pingsIn: number;
  /** EndpointGone frames told. */
  goneTold: number;
  /** Clients throttled at least once by the receive limit. */
  clientsRateLimited: number;
  /** Times a login became parked because a newer one with its endpoint id came. */
  parked: number;
}

/** What {@link RelayServer.metrics} tells: the counters, and what is there now. */
export interface RelayMetrics extends Readonly<RelayCounters> {
  /** Endpoint ids with a login now. */
  readonly endpoints: number;
  /** Logins now, the parked ones included. */
  readonly clients: number;
  /** Connections that have not logged in. */
  readonly pendingConnections: number;
  /** Bytes held for backed-up clients, beyond what their connections hold themselves. */
  readonly queuedBytes: number;
}

const zeros = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;

/** Counters at zero. */
export const relayCounters = (): RelayCounters => ({
  accepted: 0,
  denied: zeros(DENIAL_REASONS),
  left: zeros(LEAVE_REASONS),
  datagramsIn: 0,
  datagramsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  dropped: zeros(DROP_REASONS),
  pingsIn: 0,
  goneTold: 0,
  clientsRateLimited: 0,
  parked: 0,
});
