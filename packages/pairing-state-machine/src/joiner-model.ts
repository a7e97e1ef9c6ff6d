import type {
  ConfirmationPolicy,
  ConnectionId,
  DeviceCard,
  DiscoverySourceName,
  EndpointId,
  PeerDevice,
  PeerLocation,
  SocketAddress,
} from '@bowline/contracts';
import type { PairingDelays } from './options.ts';
import type { PairingFailure } from './pairing-failure.ts';

/**
 * Challenges one join answers. Every answer tells a holder of the code the digits of that handshake, so this bounds how
 * many it can choose from; an honest initiator needs one, and one more for each connection that breaks.
 */
export const MAX_ANSWERS = 8;

/** What a joiner's session starts from. */
export interface JoinerInput {
  readonly policy: ConfirmationPolicy;
  readonly delays: PairingDelays;
  /** Whether an initiator that is paired already may be paired anew. */
  readonly mayRenew: boolean;
}

/** What is known of whoever holds the code, however it answered. */
interface FoundLocation {
  readonly initiatorId: EndpointId;
  /** All that led the search to it: most of it may be made up. */
  readonly location: PeerLocation;
  /** Where it answered; `null` through a relay. */
  readonly reachedAt: SocketAddress | null;
  /** When its first candidate came, monotonic milliseconds. */
  readonly discoveredAtMs: number;
  readonly via: DiscoverySourceName;
  /** The initiator as it was stored before this session; `null` when it was not. */
  readonly known: PeerDevice | null;
}

/**
 * A device that holds the code. `proven`: the handshake is finished. `completed`: it says that it has paired with this
 * device already, so only its last message was missed.
 */
export type FoundInitiator = FoundLocation &
  (
    | {
        readonly kind: 'proven';
        /** The connection it proved the code on. */
        readonly connectionId: ConnectionId;
        readonly initiator: DeviceCard;
        readonly authenticationString: string;
      }
    | { readonly kind: 'completed' }
  );

/** Plain data: a snapshot of it can be stored and taken up again. */
export interface JoinerContext extends JoinerInput {
  readonly found: FoundInitiator | null;
  /** The connection the initiator was last proven on; `null` before there was one. */
  readonly connectionId: ConnectionId | null;
  /** When the initiator was discovered first, monotonic milliseconds. */
  readonly discoveredAtMs: number | null;
  /** Where it was reached last other than through a relay. */
  readonly reachedAt: SocketAddress | null;
  /** Challenges answered. */
  readonly handshakes: number;
  readonly initiator: DeviceCard | null;
  /** The initiator as it was stored before this session; `null` when it was not. */
  readonly known: PeerDevice | null;
  readonly authenticationString: string;
  readonly isConnected: boolean;
  readonly hasAccepted: boolean;
  readonly hasInitiatorAccepted: boolean;
  /** Where the initiator said it can be reached; `null` until it has confirmed. */
  readonly initiatorLocation: PeerLocation | null;
  /** The initiator as stored; `null` until it is `pending`. */
  readonly device: PeerDevice | null;
  /** Since `confirm` was sent the initiator may be paired without this side knowing, unless it has said no since. */
  readonly mayBePaired: boolean;
  /** The person took a first pairing back while that was so: the initiator is to be told that this device is not paired. */
  readonly isTakenBack: boolean;
  readonly failure: PairingFailure | null;
}

/** Dotted past facts, told to the machine by whoever runs it. */
export type JoinerEvent =
  | { readonly type: 'initiator.accepted' }
  | { readonly type: 'initiator.confirmed'; readonly location: PeerLocation }
  /** The initiator said why it ended the connection. */
  | { readonly type: 'initiator.left'; readonly failure: PairingFailure }
  | { readonly type: 'connection.lost' }
  /** A holder of the code has sent a challenge that is about to be answered. */
  | { readonly type: 'handshake.begun' }
  | { readonly type: 'decision.made'; readonly isAccepted: boolean }
  | { readonly type: 'session.cancelled' }
  /** This device stops, which says nothing about the pairing. */
  | { readonly type: 'session.abandoned' };
