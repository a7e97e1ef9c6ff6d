import type { Candidate, DiscoverySourceName, PairingFailureCode, RelayUrl, SearchReport } from '@bowline/contracts';
import type { AttemptFailure } from './candidate-search.ts';

/** Different reasons told for one source; more would be a wall of text. */
const MAX_TEXTS = 3;

/** Relays remembered of one source: twice what a rendezvous offers. */
const MAX_RELAYS = 32;

/** What a search says about the code when nobody proved it, the most telling first. */
const TELLING: readonly PairingFailureCode[] = [
  'BLOCKED',
  'VERSION_UNSUPPORTED',
  'PROOF_MISMATCH',
  'BUSY',
  'CODE_UNKNOWN',
];

/** Why one source did not lead to the initiator. */
export interface SourceFinding {
  readonly via: DiscoverySourceName;
  /** How its search ended. */
  readonly summary: string;
  /** How attempts at its candidates failed, at most three different ones. */
  readonly failures: readonly string[];
  /** Relays its candidates were looked for on, in the order they were told. */
  readonly relayUrls: readonly RelayUrl[];
  /** Whether it told of the initiator's own endpoint, and not of one that only leads there. */
  readonly isOfDevice: boolean;
  /** Why it can find nobody at present, a sentence; `null` where it can. */
  readonly problem: string | null;
}

/** What a search that came to nothing has found out. */
export interface SearchFindings {
  /** One for each source, in the order the sources were given. */
  readonly sources: readonly SourceFinding[];
  /** The most telling thing heard about the code; `null` when nobody said anything. */
  readonly hint: PairingFailureCode | null;
}

/** Collects why every source failed. */
export interface SearchRecord {
  noteReport(via: DiscoverySourceName, report: Pick<SearchReport, 'summary' | 'problem'>): void;
  noteCandidate(via: DiscoverySourceName, candidate: Pick<Candidate, 'kind' | 'address'>): void;
  noteFailure(via: DiscoverySourceName, failure: AttemptFailure): void;
  /** Whether every source has said how its search ended. */
  isComplete(): boolean;
  findings(): SearchFindings;
}

/** @param names of the sources, in the order they are told */
export const searchRecord = (names: readonly DiscoverySourceName[]): SearchRecord => {
  const summaries = new Map<DiscoverySourceName, string>();
  const problems = new Map<DiscoverySourceName, string>();
  const texts = new Map<DiscoverySourceName, Set<string>>();
  const relays = new Map<DiscoverySourceName, Set<RelayUrl>>();
  const ofDevice = new Set<DiscoverySourceName>();
  const codes = new Set<PairingFailureCode>();
  return {
    noteReport: (via, { summary, problem }) => {
      summaries.set(via, summary);
      if (problem !== undefined) problems.set(via, problem);
    },
    noteCandidate: (via, { kind, address }) => {
      const known = relays.get(via) ?? new Set();
      for (const url of address.relayUrls) if (known.size < MAX_RELAYS) known.add(url);
      relays.set(via, known);
      if (kind === 'device') ofDevice.add(via);
    },
    noteFailure: (via, { text, code }) => {
      const known = texts.get(via) ?? new Set();
      if (known.size < MAX_TEXTS) texts.set(via, known.add(text));
      if (code !== null) codes.add(code);
    },
    isComplete: () => names.every((name) => summaries.has(name)),
    findings: () => ({
      sources: names.map((via) => ({
        via,
        summary: summaries.get(via) ?? 'still looking when the time was over',
        failures: [...(texts.get(via) ?? [])],
        relayUrls: [...(relays.get(via) ?? [])],
        isOfDevice: ofDevice.has(via),
        problem: problems.get(via) ?? null,
      })),
      hint: TELLING.find((code) => codes.has(code)) ?? null,
    }),
  };
};
