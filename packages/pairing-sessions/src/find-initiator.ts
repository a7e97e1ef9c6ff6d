import { type DiscoverySource, type EndpointAddress, errorMessage, type PairingIdentity } from '@bowline/contracts';
import type { PairingKeys, Ticket } from '@bowline/pairing-code';
import { PairingFailureError, pairingFailure } from '@bowline/pairing-state-machine';
import type { PairingContext } from './components.ts';
import type { RelayHints } from './relay-hints.ts';
import { type Found, search } from './search.ts';
import { sourceRace } from './source-race.ts';

const ownCodeFailure = pairingFailure(
  'NOBODY_FOUND',
  [],
  'This code was made by this very device. Type it on the other device, or the other device’s code here.',
);

const identityOf = async ({ self }: PairingContext): Promise<PairingIdentity> => {
  try {
    return await self.ready();
  } catch (error) {
    throw new PairingFailureError(pairingFailure('INTERNAL', [], errorMessage(error)), error);
  }
};

export interface FindInput {
  readonly searchId: string;
  readonly keys: PairingKeys;
  readonly ticket: Ticket | null;
  /** Whether this device itself shows the code. */
  readonly isOwnCode: () => boolean;
  readonly hints: RelayHints;
  /** As in a search. */
  readonly hasAgreed: boolean;
  readonly signal: AbortSignal;
}

/** Finds who shows a code, by every source at once. @throws {@link PairingFailureError} */
export const findInitiator = async (context: PairingContext, input: FindInput): Promise<Found> => {
  const identity = await identityOf(context);
  const isOwn = input.isOwnCode() || input.ticket?.endpointId === identity.endpointId;
  if (isOwn) throw new PairingFailureError(ownCodeFailure);
  return sourceRace(context, { ...input, self: identity });
};

export interface ReturnInput {
  readonly keys: PairingKeys;
  readonly hints: RelayHints;
  /** Where the initiator was found; `null` cannot be, and fails as lost. */
  readonly address: EndpointAddress | null;
  readonly via: DiscoverySource;
  readonly hasAgreed: boolean;
  readonly signal: AbortSignal;
}

/** Dials an initiator again that was found before, until it answers or the signal aborts. @throws {@link PairingFailureError} */
export const returnToInitiator = async (
  context: PairingContext,
  { keys, hints, address, via, hasAgreed, signal }: ReturnInput,
): Promise<Found> => {
  const identity = await identityOf(context);
  if (address === null) throw new PairingFailureError(pairingFailure('CONNECTION_LOST'));
  const back = search(context, {
    keys,
    hints,
    hasAgreed,
    signal,
    self: identity,
    certainId: address.endpointId,
    timeoutMs: context.options.delays.returnMs,
    onFailed: () => undefined,
    onChanged: () => undefined,
  });
  back.follow({ source: via, kind: 'device', address });
  try {
    return await back.result;
  } finally {
    back.end();
  }
};
