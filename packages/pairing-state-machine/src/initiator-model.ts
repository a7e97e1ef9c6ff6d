import type { ConfirmationPolicy, DeviceCard, EndpointId, PeerDevice } from '@bowline/contracts';
import type { PairingDelays } from './options.ts';
import type { PairingFailure } from './pairing-failure.ts';

/** Wrong proofs after which a code is withdrawn. Nobody without the code gets as far as one, so three is generous. */
export const MAX_WRONG_PROOFS = 3;

/** What an initiator's session starts from. */
export interface InitiatorInput {
  readonly policy: ConfirmationPolicy;
  /** How long the code may be claimed, milliseconds. */
  readonly ttlMs: number;
  readonly delays: PairingDelays;
  /** Whether a joiner that is paired already may be paired anew. */
  readonly mayRenew: boolean;
}

/** Plain data: a snapshot of it can be stored and taken up again. */
export interface InitiatorContext extends InitiatorInput {
  /** Who has claimed the code; nobody else can any more. */
  readonly joinerId: EndpointId | null;
  readonly joiner: DeviceCard | null;
  /** The joiner as it was stored before this session; `null` when it was not. */
  readonly known: PeerDevice | null;
  readonly authenticationString: string;
  readonly wrongProofs: number;
  readonly isExpired: boolean;
  readonly isConnected: boolean;
  readonly hasAccepted: boolean;
  readonly hasJoinerAccepted: boolean;
  readonly hasJoinerConfirmed: boolean;
  /** The joiner as stored; `null` until it is `pending`. */
  readonly device: PeerDevice | null;
  readonly failure: PairingFailure | null;
}

/** Dotted past facts, told to the machine by whoever runs it. */
export type InitiatorEvent =
  | { readonly type: 'joiner.proven'; readonly joinerId: EndpointId }
  | {
      readonly type: 'joiner.finished';
      readonly joiner: DeviceCard;
      readonly authenticationString: string;
      readonly known: PeerDevice | null;
    }
  | { readonly type: 'joiner.accepted' }
  | { readonly type: 'joiner.confirmed' }
  /** The joiner said why it ended the connection. */
  | { readonly type: 'joiner.left'; readonly failure: PairingFailure }
  | { readonly type: 'connection.lost' }
  | { readonly type: 'proof.failed' }
  | { readonly type: 'decision.made'; readonly isAccepted: boolean }
  | { readonly type: 'code.expired' }
  | { readonly type: 'session.cancelled' };
