import type { Candidate, Clock } from '@bowline/contracts';
import { mergeAddress } from './known-address.ts';

/**
 * How long one seen by mDNS keeps its place without having proven the code while others wait, milliseconds. An honest
 * one needs some tens, and 1,000 more when its first packet is lost (iroh repeats it after 1 s, measured).
 */
const TURN_MS = 2_000;

/** Candidates waiting for their turn; of silent ones a search has time for fewer. */
const MAX_WAITING = 1_024;

/** Somebody seen by mDNS. */
export interface Sighting {
  readonly candidate: Candidate;
  /** When that was first, monotonic milliseconds. */
  readonly sinceMs: number;
}

/** What taking turns needs of the search. Keys name pursuits. */
export interface TurnsInit {
  readonly clock: Clock;
  /** Whether all places are taken. */
  readonly isCrowded: () => boolean;
  /** Whether this one is pursued and has not proven anything. */
  readonly canEnd: (key: string) => boolean;
  readonly begin: (key: string, sighting: Sighting) => void;
  /** Ends a pursuit. @returns what was known of it, to go on with later */
  readonly end: (key: string) => Sighting;
}

/**
 * Who is pursued of those that anybody nearby can make up. While there are places, all are; then each keeps its place
 * for a turn, and who came to nothing in it goes to the end of the queue. So liars that say nothing only make the
 * honest one wait, and cost this device no more than their places.
 */
export interface Turns {
  /** Begins it, or has it wait. */
  take(key: string, candidate: Candidate): void;
  /** This one is known by more than mDNS and is pursued by right. @returns what waited for its turn */
  exempt(key: string): Sighting | undefined;
  /** This one has come to nothing, and nothing is known of it any more. */
  forget(key: string): void;
  /** Gives places that are free, or whose turn is over, to those that wait. */
  pass(): void;
  isAnyWaiting(): boolean;
  stop(): void;
}

export const turns = ({ clock, isCrowded, canEnd, begin, end }: TurnsInit): Turns => {
  /** When each began, the longest ago first. */
  const began = new Map<string, number>();
  const waiting = new Map<string, Sighting>();
  let cancelTimer: (() => void) | null = null;

  const start = (key: string, sighting: Sighting): void => {
    waiting.delete(key);
    began.delete(key);
    began.set(key, clock.monotonicMs());
    begin(key, sighting);
  };

  const oldest = (): { readonly key: string; readonly restMs: number } | undefined => {
    for (const [key, beganAtMs] of began) {
      if (canEnd(key)) return { key, restMs: beganAtMs + TURN_MS - clock.monotonicMs() };
    }
    return undefined;
  };

  const makeRoom = (): void => {
    for (let next = oldest(); isCrowded() && next !== undefined && next.restMs <= 0; next = oldest()) {
      began.delete(next.key);
      waiting.set(next.key, end(next.key));
    }
  };

  const pass = (): void => {
    cancelTimer?.();
    cancelTimer = null;
    // Those whose turn ends now wait for the next round.
    for (const [key, sighting] of [...waiting]) {
      makeRoom();
      if (isCrowded()) break;
      start(key, sighting);
    }
    const next = waiting.size > 0 ? oldest() : undefined;
    if (next !== undefined) cancelTimer = clock.setTimer(Math.max(next.restMs, 0), pass);
  };

  return {
    take: (key, candidate) => {
      const before = waiting.get(key);
      if (before === undefined && !isCrowded() && waiting.size === 0) {
        start(key, { candidate, sinceMs: clock.monotonicMs() });
        return;
      }
      if (before === undefined && waiting.size >= MAX_WAITING) return;
      const { address } = candidate;
      const known = mergeAddress(address, before?.candidate.address ?? address);
      const sinceMs = before?.sinceMs ?? clock.monotonicMs();
      waiting.set(key, { candidate: { ...candidate, address: { ...address, ...known } }, sinceMs });
      if (cancelTimer === null) pass();
    },
    exempt: (key) => {
      began.delete(key);
      const sighting = waiting.get(key);
      waiting.delete(key);
      return sighting;
    },
    forget: (key) => {
      began.delete(key);
    },
    pass,
    isAnyWaiting: () => waiting.size > 0,
    stop: () => {
      cancelTimer?.();
      waiting.clear();
      began.clear();
    },
  };
};
