import type { CauseCode } from './causes.ts';
import type { RemedyCode } from './remedies.ts';

/** Whose doing it is. `between`: of something on the way. `null`: nobody's, or not known. */
export type Side = 'here' | 'there' | 'both' | 'between' | null;

/** `known`: the evidence leaves nothing else. `likely`: other causes would look the same. `unknown`: nothing fits. */
export type Certainty = 'known' | 'likely' | 'unknown';

/** One fact that speaks for the cause. */
export interface Evidence {
  /** Name of the fact, as in `DeviceFacts` and `ConnectionFacts`; stable. */
  readonly fact: string;
  readonly value: string | number | boolean | null;
  /** When it was so, wall clock, milliseconds. */
  readonly atMs: number;
  readonly from: 'here' | 'there';
}

/** Something that would help, and what came of trying it. */
export interface Remedy {
  readonly code: RemedyCode;
  readonly sentence: string;
  readonly tried: { readonly outcome: string; readonly atMs: number } | null;
}

/** Why two devices are connected as they are. */
export interface Diagnosis {
  readonly cause: CauseCode;
  /** One sentence for the person, naming the other device as it was given. */
  readonly sentence: string;
  readonly certainty: Certainty;
  readonly side: Side;
  readonly evidence: readonly Evidence[];
  readonly remedies: readonly Remedy[];
  /** Further causes that hold at the same time, weightiest first. */
  readonly also: readonly { readonly cause: CauseCode; readonly sentence: string; readonly side: Side }[];
}
