/**
 * Says why two devices are connected as they are, or are not: cause, side, certainty, evidence and remedy. Pure: facts of
 * both devices come in as one situation; nothing is measured or asked here.
 *
 * @packageDocumentation
 */

export { CAUSES, type CauseCode, type SentenceParts } from './causes.ts';
export { checkDevice } from './checks/check-device.ts';
export type { CheckedDevice, ProxyReport } from './checks/checked-device.ts';
export type {
  ConnectionFacts,
  DialFailureFacts,
  DirectPathFacts,
  PathScope,
  RefusalFacts,
  RelayPathFacts,
} from './connection-facts.ts';
export type { Certainty, Diagnosis, Evidence, Remedy, Side } from './diagnosis.ts';
export { explain, type TriedRemedies } from './explain.ts';
export { reliabilityOf } from './reliability.ts';
export { REMEDIES, type RemedyCode } from './remedies.ts';
export type { Rule } from './rules/rule.ts';
export type { Finding, Situation } from './situation.ts';
