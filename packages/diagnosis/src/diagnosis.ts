import type { DiagnosisCertainty, DiagnosisEvidence, DiagnosisRemedy, DiagnosisSide } from '@bowline/contracts';
import type { CauseCode } from './causes.ts';
import type { RemedyCode } from './remedies.ts';

export type Side = DiagnosisSide;
export type Certainty = DiagnosisCertainty;
export type Evidence = DiagnosisEvidence;

/** Something that would help, and what came of trying it. */
export interface Remedy extends DiagnosisRemedy {
  readonly code: RemedyCode;
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
