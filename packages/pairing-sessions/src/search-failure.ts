import type { PairingAttempt, PairingIdentity, SearchedRelay } from '@bowline/contracts';
import type { Ticket } from '@bowline/pairing-code';
import type { SearchFindings } from '@bowline/pairing-search';
import { type PairingFailure, pairingFailure } from '@bowline/pairing-state-machine';
import { type RelayStatuses, relayClause, searchedRelays } from './searched-relays.ts';

/** What a search that found nobody went by, and what it came to. */
export interface FailedSearch {
  readonly findings: SearchFindings;
  readonly relays: RelayStatuses;
  readonly ticket: Ticket | null;
  readonly self: PairingIdentity;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
}

const START =
  'No device that offers this code was found; the code may have expired or been used. Check that the other device still shows it';

const attemptOf = (
  { via, summary, failures, relayUrls, isOfDevice }: SearchFindings['sources'][number],
  { relays, ticket }: FailedSearch,
): PairingAttempt => {
  // The tokens of a ticket are shown for the device it names, and for nobody else.
  const searched = searchedRelays(relayUrls, relays, isOfDevice ? ticket : null);
  const clauses = searched.map(relayClause).join(', ');
  const reason = [summary, clauses, ...failures].filter((text) => text !== '').join('; ');
  return searched.length === 0 ? { via, reason } : { via, reason, relays: searched };
};

const isRefusedForToken = ({ downReason }: SearchedRelay): boolean => downReason === 'auth';

const nobodyFound = (search: FailedSearch, attempts: readonly PairingAttempt[]): PairingFailure => {
  const { relays, ticket, self } = search;
  const ofTicket = searchedRelays(ticket?.relays.map(({ url }) => url) ?? [], relays, ticket);
  if (ofTicket.some(isRefusedForToken)) {
    return pairingFailure('NOBODY_FOUND', {
      reason:
        'The relay of the other device refused this one: it wants its token. Ask for a ticket that shares it, or bring both devices onto one network.',
      attempts,
      circumstance: { kind: 'relayTokenWanted' },
    });
  }
  if (self.meetingRelayUrls.length === 0) {
    const reason = `${START} and that both devices are on one network: this device uses no relay.`;
    return pairingFailure('NOBODY_FOUND', { reason, attempts });
  }
  const own = searchedRelays(self.meetingRelayUrls, relays, null);
  if (own.length > 0 && own.every(({ state }) => state !== 'connected')) {
    const reason = `${START}, and that both devices are on one network: this device reaches none of its relays now. If it should be online, check its network connection.`;
    return pairingFailure('NOBODY_FOUND', { reason, attempts, circumstance: { kind: 'relaysCutOff' } });
  }
  const network = `${START}, and that both devices are on one network or online.`;
  const reason = ticket === null ? `${network} A device on a relay of its own is found by its ticket only.` : network;
  return pairingFailure('NOBODY_FOUND', { reason, attempts });
};

/** Says why a search came to nothing: the most telling thing that was heard, otherwise what the search went by. */
export const searchFailure = (search: FailedSearch): PairingFailure => {
  const { findings, ticket, nowMs } = search;
  const attempts = findings.sources.map((source) => attemptOf(source, search));
  if (findings.hint !== null) return pairingFailure(findings.hint, { attempts });
  const expiresAtMs = ticket?.expiresAtMs ?? null;
  if (expiresAtMs !== null && nowMs > expiresAtMs) return pairingFailure('CODE_EXPIRED', { attempts });
  const failure = nobodyFound(search, attempts);
  // Whoever reads one sentence has to know what kept this device from looking.
  const problems = findings.sources.flatMap(({ problem }) => problem ?? []);
  return { ...failure, reason: [failure.reason, ...problems].join(' ') };
};
