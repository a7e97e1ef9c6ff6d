import type {
  ConfirmationPolicy,
  ConnectionId,
  DeviceCard,
  EndpointId,
  PeerDevice,
  PeerLocation,
} from '@bowline/contracts';
import type { PairingDelays } from './options.ts';
import type { PairingFailure } from './pairing-failure.ts';

/** Wrong proofs after which a code is withdrawn. Nobody without the code gets as far as one, so three is generous. */
export const MAX_WRONG_PROOFS = 3;

/**
 * Handshakes one code is good for, broken ones and those of a joiner that comes back included. Whoever holds the code
 * learns the digits of a handshake before it has to go on with it, so this bounds how many it can choose from. An honest
 * joiner needs one, and one more for each connection that breaks in the middle of it.
 */
export const MAX_HANDSHAKES = 16;

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
  /** The connection the claim is on; an earlier one of the same joiner does not count any more. */
  readonly connectionId: ConnectionId | null;
  /** When the code was claimed first, monotonic milliseconds. */
  readonly claimedAtMs: number | null;
  readonly joiner: DeviceCard | null;
  /** The joiner as it was stored before this session; `null` when it was not. */
  readonly known: PeerDevice | null;
  readonly authenticationString: string;
  readonly wrongProofs: number;
  /** Handshakes begun by holders of the code. */
  readonly handshakes: number;
  readonly isExpired: boolean;
  readonly isConnected: boolean;
  readonly hasAccepted: boolean;
  readonly hasJoinerAccepted: boolean;
  readonly hasJoinerConfirmed: boolean;
  /** Where the joiner said it can be reached; `null` until it has confirmed. */
  readonly joinerLocation: PeerLocation | null;
  /** The joiner as stored; `null` until it is `pending`. */
  readonly device: PeerDevice | null;
  readonly failure: PairingFailure | null;
}

/** Dotted past facts, told to the machine by whoever runs it. */
export type InitiatorEvent =
  | {
      readonly type: 'joiner.proven';
      readonly joinerId: EndpointId;
      readonly connectionId: ConnectionId;
      /** Monotonic milliseconds. */
      readonly atMs: number;
    }
  | {
      readonly type: 'joiner.finished';
      readonly joiner: DeviceCard;
      readonly authenticationString: string;
      readonly known: PeerDevice | null;
    }
  | { readonly type: 'joiner.accepted' }
  | { readonly type: 'joiner.confirmed'; readonly location: PeerLocation }
  /** The joiner said why it ended the connection. */
  | { readonly type: 'joiner.left'; readonly failure: PairingFailure }
  | { readonly type: 'connection.lost' }
  | { readonly type: 'proof.failed' }
  /** A holder of the code is about to be sent a challenge. */
  | { readonly type: 'handshake.begun' }
  | { readonly type: 'decision.made'; readonly isAccepted: boolean }
  | { readonly type: 'code.expired' }
  | { readonly type: 'session.cancelled' };
