import type { Target } from './target.ts';

export type Scale = 'short' | 'full';

/** What an attack on a relay has to work with. */
export interface Battle {
  readonly scale: Scale;
  readonly target: Target;
  /** Counts something for the line of this attack. */
  tally(what: string, count?: number): void;
  /** Something happened that must not. */
  breach(what: string): void;
}

/** One attack on a relay. It does its worst, lets go of what it holds and returns. */
export interface RelayAttack {
  readonly name: string;
  /** Resident bytes the relay may gain at most while it lasts: what its limits allow, and what Node needs besides. */
  readonly allowedGrowthBytes: number;
  /** Connections that may wait to log in at once. */
  readonly allowedPending: number;
  /** Limits of a relay that cannot hold against it; the control demands that this is noticed. */
  readonly defenceless: Readonly<Record<string, unknown>> | null;
  readonly run: (battle: Battle) => Promise<void>;
}

/** A relay's usual limits: connections that have not logged in, in all and from one address. */
export const MAX_PENDING = 4_096;
export const MAX_PENDING_PER_ADDRESS = 128;

export const MEBIBYTE = 1_024 * 1_024;

/** No bound on who knocks. */
export const OPEN_DOOR = {
  maxPendingConnections: 1_000_000,
  maxPendingPerAddress: 1_000_000,
  connectionRate: { perSecond: 1_000_000, burst: 1_000_000 },
};

/** Runs `task` for each number below `count`, so many at a time. */
export const times = async (count: number, width: number, task: (index: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await task(index);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
};

export const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

/** One of many loopback addresses, so few connections from each that the limits for one address do not matter. */
export const addressOf = (index: number): string => `127.9.${(index >> 8) & 0xff}.${index & 0xff}`;
