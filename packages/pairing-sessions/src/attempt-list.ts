import type { DiscoverySource, PairingAttempt, PairingFailureCode, SearchReport } from '@bowline/contracts';
import type { AttemptOutcome } from './attempt-outcome.ts';

/** Different reasons told for one source; more would be a wall of text. */
const MAX_TEXTS = 3;

const SOURCES: readonly DiscoverySource[] = ['mdns', 'ticket', 'rendezvous'];

/** What a search says about the code when nobody proved it, the most telling first. */
const TELLING: readonly PairingFailureCode[] = ['VERSION_UNSUPPORTED', 'PROOF_MISMATCH', 'BUSY', 'CODE_UNKNOWN'];

/** Collects why every source failed. */
export interface AttemptList {
  noteReport(report: SearchReport): void;
  noteFailure(via: DiscoverySource, outcome: AttemptOutcome): void;
  readonly reportCount: number;
  /** One entry for each source, in a fixed order. @param relays how far this device reaches its relays, a clause */
  attempts(relays: string | null): readonly PairingAttempt[];
  /** The most telling thing heard; `null` when nobody said anything. */
  hint(): PairingFailureCode | null;
}

export const attemptList = (): AttemptList => {
  const reports = new Map<DiscoverySource, SearchReport>();
  const texts = new Map<DiscoverySource, Set<string>>();
  const codes = new Set<PairingFailureCode>();
  return {
    noteReport: (report) => {
      reports.set(report.source, report);
    },
    noteFailure: (via, { text, code }) => {
      const known = texts.get(via) ?? new Set();
      if (known.size < MAX_TEXTS) texts.set(via, known.add(text));
      if (code !== null) codes.add(code);
    },
    get reportCount() {
      return reports.size;
    },
    attempts: (relays) =>
      SOURCES.map((via) => {
        const summary = reports.get(via)?.summary ?? 'still looking when the time was over';
        const aboutRelays = via === 'rendezvous' && relays !== null ? [relays] : [];
        return { via, reason: [summary, ...aboutRelays, ...(texts.get(via) ?? [])].join('; ') };
      }),
    hint: () => TELLING.find((code) => codes.has(code)) ?? null,
  };
};
