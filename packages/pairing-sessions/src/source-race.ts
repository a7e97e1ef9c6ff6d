import {
  type ChannelClient,
  type DiscoverySource,
  type DiscoveryTicketChannel,
  errorMessage,
  type PairingIdentity,
  type SearchTarget,
} from '@bowline/contracts';
import { type PairingKeys, type Ticket, ticketAddressOf } from '@bowline/pairing-code';
import { PairingFailureError, pairingFailure } from '@bowline/pairing-state-machine';
import { attemptList } from './attempt-list.ts';
import type { PairingContext } from './components.ts';
import type { RelayHints } from './relay-hints.ts';
import { type RelayReach, relayReach } from './relay-reach.ts';
import { type Found, search } from './search.ts';

/** All sources speak the same channel but for their own extras. */
type SourceClient = ChannelClient<DiscoveryTicketChannel>;

/** How long a handshake whose other side has proven the code may outlast the search, milliseconds. */
const PROOF_GRACE_MS = 5_000;

/** When the time is over, the sources have this long to hand in their reports, milliseconds. */
const REPORT_GRACE_MS = 500;

export interface SourceRaceInput {
  /** Names the search to the sources. */
  readonly searchId: string;
  readonly keys: PairingKeys;
  readonly mayAnswer: () => boolean;
  readonly ticket: Ticket | null;
  readonly self: PairingIdentity;
  readonly hints: RelayHints;
  readonly hasAgreed: boolean;
  readonly signal: AbortSignal;
}

const targetOf = ({ keys, ticket, self }: SourceRaceInput): SearchTarget => ({
  lanTag: keys.lanTag,
  rendezvousEndpointId: keys.rendezvousEndpointId,
  ticketAddress: ticket === null ? null : ticketAddressOf(ticket),
  meetingRelayUrls: self.meetingRelayUrls,
  relayOrderSeed: keys.relayOrderSeed,
  ...(self.ownRelayCount === undefined ? {} : { ownRelayCount: self.ownRelayCount }),
});

const nobodyReason = ({ ticket, self }: SourceRaceInput, reach: RelayReach): string => {
  if (ticket !== null && reach.isTokenWanted(ticket.relays)) {
    return 'The relay of the other device refused this one: it wants its token. Ask for a ticket that shares it (bowline pair --share-relay-token), or bring both devices onto one network.';
  }
  const start =
    'No device that offers this code was found; the code may have expired or been used. Check that the other device still shows it';
  if (self.meetingRelayUrls.length === 0) {
    return `${start} and that both devices are on one network: this device uses no relay.`;
  }
  if (reach.isCutOff(self.meetingRelayUrls)) {
    return `${start}, and that both devices are on one network: this device reaches none of its relays now. If it should be online, check its network connection; "bowline relay status" says which relay fails how.`;
  }
  const network = `${start}, and that both devices are on one network or online`;
  return ticket === null ? `${network}. A device on a relay of its own is found by its ticket only.` : `${network}.`;
};

/**
 * Asks all sources at once and pursues every candidate; the first proven handshake wins. Ends early when the initiator
 * itself says no, or when every source has given up and nothing is under way.
 *
 * @throws {@link PairingFailureError} that lists every source and why it failed.
 */
export const sourceRace = async (context: PairingContext, input: SourceRaceInput): Promise<Found> => {
  const { clock, logger, options } = context;
  const { searchId, ticket, signal } = input;
  const sources: Readonly<Record<DiscoverySource, SourceClient>> = {
    mdns: context.mdns as unknown as SourceClient,
    ticket: context.ticket,
    rendezvous: context.rendezvous as unknown as SourceClient,
  };
  const list = attemptList();
  const over = Promise.withResolvers<void>();
  const stop = new AbortController();
  const running = AbortSignal.any([signal, stop.signal]);
  let isTimeOver = false;
  const checkIdle = (): void => {
    const isNothingLeft = isTimeOver ? !race.hasProof() : !race.isActive();
    if (list.reportCount === Object.keys(sources).length && isNothingLeft) over.resolve();
  };
  const race = search(context, {
    keys: input.keys,
    mayAnswer: input.mayAnswer,
    self: input.self,
    hints: input.hints,
    hasAgreed: input.hasAgreed,
    certainId: ticket?.endpointId ?? null,
    timeoutMs: options.searchMs,
    signal: running,
    onFailed: list.noteFailure,
    onChanged: checkIdle,
  });

  const ask = async (source: DiscoverySource, client: SourceClient): Promise<void> => {
    const request = { searchId, target: targetOf(input), timeoutMs: options.searchMs };
    const limits = { signal: running, deadlineMs: options.searchMs + PROOF_GRACE_MS };
    try {
      list.noteReport(await client.request('search', request, limits));
    } catch (error) {
      if (running.aborted) return;
      logger.warn({ source, error: errorMessage(error) }, 'source could not search');
      list.noteReport({ source, candidateCount: 0, summary: 'the source is not working on this device' });
    }
    checkIdle();
  };

  const cancels = Object.values(sources).map((client) =>
    client.on('candidate.found', (found) => {
      if (found.searchId === searchId) race.follow(found.candidate);
    }),
  );
  const endTime = (): void => {
    isTimeOver = true;
    cancels.push(clock.setTimer(race.hasProof() ? PROOF_GRACE_MS : REPORT_GRACE_MS, over.resolve));
    checkIdle();
  };
  cancels.push(clock.setTimer(options.searchMs, endTime));
  signal.addEventListener('abort', () => over.resolve(), { once: true });
  for (const [source, client] of Object.entries(sources)) void ask(source as DiscoverySource, client);

  try {
    const found = await Promise.race([race.result, over.promise]);
    if (found !== undefined) return found;
    const asking = relayReach(context);
    // A handshake that ends while the relays are asked about has won all the same.
    await Promise.race([race.result, asking]);
    race.end();
    return await race.result.catch(async () => {
      throw new PairingFailureError(verdict(await asking));
    });
  } finally {
    for (const cancel of cancels) cancel();
    stop.abort();
    race.end();
  }

  function verdict(reach: RelayReach) {
    list.noteRelays('ticket', reach.textOf(ticket?.relays ?? []));
    list.noteRelays('rendezvous', reach.textOf(input.self.meetingRelayUrls));
    const hint = list.hint();
    const attempts = list.attempts();
    if (hint !== null) return pairingFailure(hint, attempts);
    const isTicketOld =
      ticket?.expiresAtMs !== undefined && ticket.expiresAtMs !== null && clock.nowMs() > ticket.expiresAtMs;
    if (isTicketOld) return pairingFailure('CODE_EXPIRED', attempts);
    return pairingFailure('NOBODY_FOUND', attempts, nobodyReason(input, reach));
  }
};
