import { errorMessage, type PairingIdentity } from '@bowline/contracts';
import { type Ticket, ticketAddressOf } from '@bowline/pairing-code';
import { type CandidateSearchComponents, candidateSearch, sourceSearch } from '@bowline/pairing-search';
import { type FoundInitiator, PairingFailureError, pairingFailure } from '@bowline/pairing-state-machine';
import type { SessionComponents } from './components.ts';
import { diallableLocation } from './diallable-location.ts';
import { type Found, type JoinerAttemptInput, joinerAttempt, type SearchDecision } from './joiner-attempt.ts';
import { searchFailure } from './search-failure.ts';
import { relayStatuses } from './searched-relays.ts';

const ownCodeFailure = pairingFailure('NOBODY_FOUND', {
  reason: 'This code was made by this very device. Type it on the other device, or the other device’s code here.',
});

const identityOf = async ({ self }: SessionComponents): Promise<PairingIdentity> => {
  try {
    return await self.ready();
  } catch (error) {
    throw new PairingFailureError(pairingFailure('INTERNAL', { reason: errorMessage(error) }), { cause: error });
  }
};

const searchComponents = (
  components: SessionComponents,
  input: JoinerAttemptInput,
): CandidateSearchComponents<SearchDecision> => {
  const { clock, random } = components;
  const { hints, certainId } = input;
  return {
    clock,
    random,
    attempt: joinerAttempt(components, input),
    hint: ({ endpointId, relayUrls }) => void hints.give(endpointId, relayUrls),
    discard: (decision) => {
      if (decision.kind === 'found') discardFound(decision.found);
    },
    release: (endpointIds, decision) => {
      const winner = decision?.kind === 'found' ? decision.found.address.endpointId : null;
      // What is known of the initiator is the session's until it has stored or removed the record.
      void hints.release(endpointIds.filter((id) => id !== winner && id !== certainId));
    },
  };
};

/** Lets go of a find that nobody waits for any more. */
export const discardFound = (found: Found): void => {
  if (found.kind === 'proven') void found.connection.close('cancelled', '');
};

const foundOf = (decision: SearchDecision): Found => {
  if (decision.kind === 'found') return decision.found;
  throw new PairingFailureError(decision.failure, { isRefusal: decision.isRefusal });
};

type SessionInput = Pick<JoinerAttemptInput, 'keys' | 'hints' | 'hasAgreed' | 'mayAnswer'> & {
  readonly signal: AbortSignal;
};

export interface FindInput extends SessionInput {
  readonly searchId: string;
  readonly ticket: Ticket | null;
  /** Where the person says the initiator is. */
  readonly places: readonly string[];
  /** Whether this device itself shows the code. */
  readonly isOwnCode: () => boolean;
}

/**
 * Finds who shows a code, by every source at once.
 *
 * @throws {@link PairingFailureError} that lists every source and why it failed, or says what the initiator itself said.
 */
export const findInitiator = async (components: SessionComponents, input: FindInput): Promise<Found> => {
  const { keys, ticket } = input;
  const { clock, logger, options, sources } = components;
  const self = await identityOf(components);
  const isOwn = input.isOwnCode() || ticket?.endpointId === self.endpointId;
  if (isOwn) throw new PairingFailureError(ownCodeFailure);
  const named = ticket === null ? null : ticketAddressOf(ticket);
  const certainId = ticket?.endpointId ?? null;
  const timeoutMs = options.searchMs;
  const end = await sourceSearch(
    { ...searchComponents(components, { ...input, self, certainId, timeoutMs }), logger },
    {
      searchId: input.searchId,
      target: {
        lanTag: keys.lanTag,
        rendezvousEndpointId: keys.rendezvousEndpointId,
        ticketAddress: named === null ? null : diallableLocation(named, self),
        meetingRelayUrls: self.meetingRelayUrls,
        relayOrderSeed: keys.relayOrderSeed,
        hints: input.places,
        ...(self.ownRelayCount === undefined ? {} : { ownRelayCount: self.ownRelayCount }),
      },
      sources,
      timeoutMs,
      pauses: options,
      selfId: self.endpointId,
      signal: input.signal,
      lookAround: () => relayStatuses(components),
    },
  );
  if (end.kind === 'decided') return foundOf(end.decision);
  if (end.kind === 'cancelled') throw new PairingFailureError(pairingFailure('CANCELLED'));
  const { findings, circumstances: relays } = end;
  throw new PairingFailureError(searchFailure({ findings, relays, ticket, self, nowMs: clock.nowMs() }));
};

export interface ReturnInput extends SessionInput {
  /** The initiator, as it was found before. */
  readonly found: FoundInitiator;
}

/** Dials an initiator again that was found before, until it answers or the signal aborts. @throws {@link PairingFailureError} */
export const returnToInitiator = async (components: SessionComponents, input: ReturnInput): Promise<Found> => {
  const { found, signal } = input;
  const self = await identityOf(components);
  const certainId = found.initiatorId;
  const timeoutMs = components.options.delays.returnMs;
  const search = candidateSearch(searchComponents(components, { ...input, self, certainId, timeoutMs }), {
    pauses: components.options,
    selfId: self.endpointId,
  });
  const end = (): void => search.end();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const address = { endpointId: certainId, ...found.location };
  // Whoever has proven the code there before is no hearsay.
  search.follow({ source: found.via, kind: 'device', address }, { name: found.via, trust: 'vouched' });
  const decision = await search.decided;
  signal.removeEventListener('abort', end);
  if (decision === null) throw new PairingFailureError(pairingFailure('CANCELLED'));
  return foundOf(decision);
};
