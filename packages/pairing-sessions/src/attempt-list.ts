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
  /** How far this device reaches the relays of a source, a clause; `null` when that is not known. */
  noteRelays(via: DiscoverySource, text: string | null): void;
  readonly reportCount: number;
  /** One entry for each source, in a fixed order. */
  attempts(): readonly PairingAttempt[];
  /** The most telling thing heard; `null` when nobody said anything. */
  hint(): PairingFailureCode | null;
}

export const attemptList = (): AttemptList => {
  const reports = new Map<DiscoverySource, SearchReport>();
  const texts = new Map<DiscoverySource, Set<string>>();
  const relays = new Map<DiscoverySource, string>();
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
    noteRelays: (via, text) => {
      if (text !== null) relays.set(via, text);
    },
    get reportCount() {
      return reports.size;
    },
    attempts: () =>
      SOURCES.map((via) => {
        const summary = reports.get(via)?.summary ?? 'still looking when the time was over';
        const known = [summary, relays.get(via), ...(texts.get(via) ?? [])];
        return { via, reason: known.filter((text) => text !== undefined).join('; ') };
      }),
    hint: () => TELLING.find((code) => codes.has(code)) ?? null,
  };
};
