import type {
  DiagnosisCause,
  DiagnosisCertainty,
  DiagnosisEvidence,
  DiagnosisRemedy,
  DiagnosisSide,
} from '@bowline/contracts';
import type { CauseCode } from './causes.ts';
import type { RemedyCode } from './remedies.ts';

export type Side = DiagnosisSide;
export type Certainty = DiagnosisCertainty;
export type Evidence = DiagnosisEvidence;

/** Something that would help, and what came of trying it. */
export interface Remedy extends DiagnosisRemedy {
  readonly code: RemedyCode;
}

/** A cause and its sentence, which names the other device as it was given. */
interface SaidCause extends DiagnosisCause {
  readonly cause: CauseCode;
}

/** Why two devices are connected as they are. */
export interface Diagnosis extends SaidCause {
  readonly evidence: readonly Evidence[];
  readonly remedies: readonly Remedy[];
  /** Further causes that hold at the same time, weightiest first. */
  readonly also: readonly SaidCause[];
}
