import type { PathKind } from './addresses.ts';
import type { DeviceId } from './ids.ts';

/**
 * Whose doing it is. `here`: of this device; where it is not known whether of the other one as well, the sentence says so. `between`: of
 * something on the way. `null`: nobody's, or not known.
 */
export type DiagnosisSide = 'here' | 'there' | 'both' | 'between' | null;

/** `known`: the evidence leaves nothing else. `likely`: other causes would look the same. `unknown`: nothing fits. */
export type DiagnosisCertainty = 'known' | 'likely' | 'unknown';

/** Something that holds, in one sentence for the person: why two devices are connected as they are, or what is wrong beside it. */
export interface DiagnosisCause {
  /** A stable code. */
  readonly cause: string;
  readonly sentence: string;
  readonly certainty: DiagnosisCertainty;
  readonly side: DiagnosisSide;
}

/** One fact that speaks for the cause. */
export interface DiagnosisEvidence {
  /** Name of the fact, as in `DeviceFacts` and what is known of the connection; stable. */
  readonly fact: string;
  readonly value: string | number | boolean | null;
  /** When it was so, wall clock, milliseconds. */
  readonly atMs: number;
  readonly from: 'here' | 'there';
}

/** Something that would help, and what came of trying it. */
export interface DiagnosisRemedy {
  /** A stable code. */
  readonly code: string;
  /** In words for the person; it names no command. */
  readonly sentence: string;
  /** `null`: it was not tried, or is nothing that a device can try by itself. */
  readonly tried: { readonly outcome: string; readonly atMs: number } | null;
}

/** Why a paired device is connected as it is, or is not. */
export interface DeviceDiagnosis extends DiagnosisCause {
  readonly device: { readonly id: DeviceId; readonly name: string };
  readonly state: 'connected' | 'connecting' | 'offline';
  readonly path: PathKind | null;
  /** What speaks for the cause. */
  readonly evidence: readonly DiagnosisEvidence[];
  /** Against the cause first, then against the others that may be it, or hold beside it. */
  readonly remedies: readonly DiagnosisRemedy[];
  /** Further causes that hold at the same time, weightiest first. */
  readonly also: readonly DiagnosisCause[];
}
