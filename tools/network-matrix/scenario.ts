import type { PathKind } from '@bowline/contracts';
import type { LabSetup } from './lab.ts';

/** What happens to a pair of devices. Durations are at least as long; a random share of a second is added. */
export type LabFault =
  /** The laptop's cable is pulled, and plugged in again. */
  | { readonly kind: 'cable'; readonly awayMs: number }
  /** Nothing crosses the network between the devices, whose interfaces stay up. */
  | { readonly kind: 'outage'; readonly awayMs: number }
  /** The only relay is killed, and started again. */
  | { readonly kind: 'relayRestart'; readonly awayMs: number }
  /** The laptop (and the phone) come into another network, with another address behind another router. */
  | { readonly kind: 'roam'; readonly who: 'laptop' | 'both' }
  /** Every process of the phone stands still. */
  | { readonly kind: 'sleep'; readonly awayMs: number }
  /** Every process of the phone is killed, and the daemon is started again. */
  | { readonly kind: 'death' }
  /** The laptop gets another address of its network. */
  | { readonly kind: 'newAddress' }
  /** The laptop's router answers everything by itself, as a hotel's does until a room number is typed. */
  | { readonly kind: 'captive'; readonly awayMs: number }
  /**
   * UDP vanishes between the devices: the direct path dies without a word. While they talk, the longest time without an answer
   * counts; while they do not, the time until both say so.
   */
  | { readonly kind: 'silentPathDeath'; readonly isInUse: boolean }
  /** UDP vanishes between the devices and comes back: how long they stay on the relay afterwards counts. */
  | { readonly kind: 'udpAway'; readonly awayMs: number };

/** A place to be, a fault, and what must come of it. */
export interface LabScenario {
  readonly name: string;
  readonly place: LabPlace;
  /** `null`: nothing; the devices meet there for the first time, by twelve words. */
  readonly fault: LabFault | null;
  /** How the devices are connected before and, where the fault leaves a choice, afterwards. */
  readonly path: PathKind;
  readonly bound: LabBound;
}

/** Where a pair of devices is. */
export interface LabPlace extends LabSetup {
  readonly name: string;
}

/**
 * Times from the end of a fault until both devices are connected and one has answered the other, or from the showing of twelve
 * words until they are connected as they must be; milliseconds.
 */
export interface LabBound {
  readonly p95Ms: number;
  readonly worstMs: number;
}

/** One time that a scenario was gone through. */
export interface ScenarioRun {
  readonly scenario: string;
  /** Wall clock, milliseconds. */
  readonly atMs: number;
  readonly seed: number;
  /** Until the devices were connected again, milliseconds; `null`: they were not, or not as they must be. */
  readonly elapsedMs: number | null;
  readonly path: PathKind | null;
  /** The same of iroh alone, on the same hosts; `null`: not within a minute, absent: not measured. */
  readonly irohMs?: number | null;
  /** Whether no device said that the other was away. */
  readonly wasKept: boolean;
  /** Why it failed; `null` when it did not. */
  readonly failure: string | null;
  /** Average number of processes that wanted to run, over the last minute: what else the machine did. */
  readonly load: number;
}
