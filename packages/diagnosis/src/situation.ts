import type { DeviceFacts } from '@bowline/contracts';
import type { ConnectionFacts } from './connection-facts.ts';
import type { Certainty, Evidence, Side } from './diagnosis.ts';

/** Everything a diagnosis is made from. */
export interface Situation {
  /** Wall clock of this device, milliseconds. */
  readonly nowMs: number;
  /** What the other device is called here; goes into sentences as `namePhrase` has it. */
  readonly name: string;
  readonly here: DeviceFacts;
  /** What the other device told last; `null`: it never did. `atMs` in it is of its clock. */
  readonly there: DeviceFacts | null;
  /** When it told, wall clock of this device, milliseconds; `null`: never. */
  readonly thereAtMs: number | null;
  readonly connection: ConnectionFacts;
}

/** A fact of the other device older than this says how it was, not how it is. Its network may be another one since. */
const FRESH_MS = 600_000;

/** Whether what the other device told was told on the present link: it tells what becomes otherwise as long as that lasts. */
export const isToldOnLink = ({ there, thereAtMs, nowMs, connection: { state, stateSinceMs } }: Situation): boolean => {
  if (there === null || thereAtMs === null || state !== 'connected') return false;
  // A link that began in the future has seen the clock set back: what was told is by the new one then.
  return stateSinceMs === null || stateSinceMs > nowMs || thereAtMs >= stateSinceMs;
};

/** What the other device told, if it counts for the present: on the present link, or within ten minutes. */
export const freshThere = (situation: Situation): DeviceFacts | null => {
  const { there, thereAtMs, nowMs } = situation;
  if (there === null || thereAtMs === null) return null;
  return isToldOnLink(situation) || nowMs - thereAtMs <= FRESH_MS ? there : null;
};

/** Whether the other device uses no relays, as it told last: a person's choice is no matter of the network, and holds until told otherwise. */
export const isDisabledThere = ({ there }: Situation): boolean => there?.relayChoice === 'disabled';

/** Whether something that holds here may hold there as well, which nobody has told, or not of late. */
export const isOpenThere = (situation: Situation, side: Side): boolean =>
  side === 'here' && freshThere(situation) === null;

/** The longest pause between two dials (60 s), a dial, and as much again: what was last heard before that was not asked for since. */
const LATELY_MS = 120_000;

/** Whether something was so lately that it still holds: whatever would say otherwise has been asked since. */
export const isLately = (atMs: number, nowMs: number): boolean => nowMs - atMs <= LATELY_MS;

/** A fact of this device, as evidence. */
export const seenHere = (situation: Situation, fact: string, value: Evidence['value'], atMs?: number): Evidence => ({
  fact,
  value,
  atMs: atMs ?? situation.nowMs,
  from: 'here',
});

/** A fact the other device told, as evidence. */
export const toldThere = (situation: Situation, fact: string, value: Evidence['value']): Evidence => ({
  fact,
  value,
  atMs: situation.thereAtMs ?? situation.nowMs,
  from: 'there',
});

/** What the other device measures and tells anew whenever it has become another: it holds now. */
export const measuredThere = (situation: Situation, fact: string, value: Evidence['value']): Evidence => ({
  fact,
  value,
  atMs: situation.nowMs,
  from: 'there',
});

/** Which side something holds for. @returns `null` when it holds for neither */
export const sideOf = (isHere: boolean, isThere: boolean): 'here' | 'there' | 'both' | null => {
  if (isHere) return isThere ? 'both' : 'here';
  return isThere ? 'there' : null;
};

/** What one rule has found. */
export interface Finding<Cause extends string = string, Remedy extends string = string> {
  readonly cause: Cause;
  readonly certainty: Exclude<Certainty, 'unknown'>;
  readonly side: Side;
  /** Whether it may hold there as well, and nobody knows: to mend it here alone might not do. @defaultValue false */
  readonly isOpenThere?: boolean;
  readonly evidence: readonly Evidence[];
  readonly remedies: readonly Remedy[];
  /** What the sentence names: a relay, a reason, an amount. */
  readonly subject?: string;
}
