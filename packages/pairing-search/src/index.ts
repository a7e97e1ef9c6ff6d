/**
 * Finds who shows a code: every discovery source is asked at once, a pure planner decides which candidate is attempted
 * when, and a thin driver makes the attempts. What an attempt says to the other side is its caller's.
 *
 * @packageDocumentation
 */

export { type CandidatePlanner, candidatePlanner, type PlannedAttempt, type SearchStep } from './candidate-planner.ts';
export {
  type AttemptControl,
  type AttemptFailure,
  type AttemptOutcome,
  type CandidateSearch,
  type CandidateSearchComponents,
  candidateSearch,
} from './candidate-search.ts';
export { mergeLocations } from './merge-locations.ts';
export { type SearchFindings, type SearchRecord, searchRecord } from './search-record.ts';
export { type SourceSearchEnd, type SourceSearchInput, sourceSearch } from './source-search.ts';
export type { RetryPauses } from './tracked-endpoint.ts';
