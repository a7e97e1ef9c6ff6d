import type { ConfirmationPolicy, DeviceCard, DiscoverySource, EndpointId, PeerDevice } from '@bowline/contracts';
import type { PairingDelays } from './options.ts';
import type { PairingFailure } from './pairing-failure.ts';

/** What a joiner's session starts from. */
export interface JoinerInput {
  readonly policy: ConfirmationPolicy;
  readonly delays: PairingDelays;
  /** Whether an initiator that is paired already may be paired anew. */
  readonly mayRenew: boolean;
}

/**
 * A device that holds the code. `proven`: the handshake is finished. `completed`: it says that it has paired with this
 * device already, so only its last message was missed.
 */
export type FoundInitiator =
  | {
      readonly kind: 'proven';
      readonly initiatorId: EndpointId;
      readonly initiator: DeviceCard;
      readonly authenticationString: string;
      readonly via: DiscoverySource;
      /** The initiator as it was stored before this session; `null` when it was not. */
      readonly known: PeerDevice | null;
    }
  | {
      readonly kind: 'completed';
      readonly initiatorId: EndpointId;
      readonly via: DiscoverySource;
      /** The initiator as it was stored before this session; `null` when it was not. */
      readonly known: PeerDevice | null;
    };

/** Plain data: a snapshot of it can be stored and taken up again. */
export interface JoinerContext extends JoinerInput {
  readonly found: FoundInitiator | null;
  readonly initiator: DeviceCard | null;
  /** The initiator as it was stored before this session; `null` when it was not. */
  readonly known: PeerDevice | null;
  readonly authenticationString: string;
  readonly isConnected: boolean;
  readonly hasAccepted: boolean;
  readonly hasInitiatorAccepted: boolean;
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
  | { readonly type: 'initiator.confirmed' }
  /** The initiator said why it ended the connection. */
  | { readonly type: 'initiator.left'; readonly failure: PairingFailure }
  | { readonly type: 'connection.lost' }
  | { readonly type: 'decision.made'; readonly isAccepted: boolean }
  | { readonly type: 'session.cancelled' }
  /** This device stops, which says nothing about the pairing. */
  | { readonly type: 'session.abandoned' };
