import type { PathKind, RelayToken } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { DeviceCard, DeviceSummary, PeerDevice } from '../device.ts';
import type { EndpointId, PairingSessionId, RelayUrl, SocketAddress } from '../ids.ts';
import type { MachineSession, MachineTransition } from '../machines.ts';
import type { DiscoverySourceName } from './discovery.ts';
import type { RelayConnectionState, RelayDownReason } from './relay-switchboard.ts';

/** `ask`: the person compares the authentication strings and decides. `accept`: the code alone is enough. */
export type ConfirmationPolicy = 'ask' | 'accept';

/** A code that another device may join with now. */
export interface CodeOffer {
  readonly sessionId: PairingSessionId;
  /** Twelve words, a secret: for the screen and nowhere else. */
  readonly words: string;
  /** `bowline:` URI, a secret likewise. */
  readonly ticket: string;
  readonly expiresAtMs: number;
  /** Relays whose token is in the ticket. */
  readonly sharedTokenUrls: readonly RelayUrl[];
}

/** Where the rendezvous endpoint of a code is bound, for joiners that are told the address of this machine. */
export interface RendezvousBinding {
  /** UDP port, 1 to 65,535. */
  readonly port: number;
  /** Local IP addresses, at most one of each family; empty binds all interfaces. */
  readonly bindAddresses: readonly string[];
}

/** What this device needs to say of itself while it pairs. */
export interface PairingIdentity {
  readonly endpointId: EndpointId;
  readonly port: number;
  /** See `BoundEndpoint`. @defaultValue `null` */
  readonly ipv6Port?: number | null;
  readonly card: DeviceCard;
  /** Home first. */
  readonly relayUrls: readonly RelayUrl[];
  readonly directAddresses: readonly SocketAddress[];
  /** Relays a joiner tries for a rendezvous: its own, then public ones. Empty: LAN only. */
  readonly meetingRelayUrls: readonly RelayUrl[];
  /** How many of `meetingRelayUrls`, from the front, are this device's own; the rest are public. @defaultValue all of them */
  readonly ownRelayCount?: number;
  /** `http://127.0.0.1:<port>/` of the switchboard, where the rendezvous endpoint logs in. Without it a code is found by mDNS or ticket only. */
  readonly loopbackRelayUrl?: string | null;
  /** Whether this device stays on this machine, so that others on it are dialled where they say they are. @defaultValue false */
  readonly allowsThisMachine?: boolean;
}

/** How a relay stood that a source looked on. */
export interface SearchedRelay {
  readonly url: RelayUrl;
  readonly state: RelayConnectionState;
  readonly downReason: RelayDownReason | null;
  /** Which token it was shown: that of the ticket, none because the ticket holds none, or whatever this device has for it. */
  readonly token: 'ticket' | 'missing' | 'own';
}

/** Why one source did not lead to the other device. */
export interface PairingAttempt {
  readonly via: DiscoverySourceName;
  /** Clauses for a person, beside what is to be said of `relays`. */
  readonly reason: string;
  /** Relays the source looked on, as far as they are known; absent where there are none. */
  readonly relays?: readonly SearchedRelay[];
}

/**
 * What the code of a failure leaves open and a person can do something about. `reason` says it in general words; an app
 * that has a button or a command for it says it by this.
 */
export type PairingCircumstance =
  /** `ALREADY_PAIRED`: this device has the other one, and has to be told that it may be paired anew. */
  | { readonly kind: 'pairedHere'; readonly device: DeviceSummary }
  /** `ALREADY_PAIRED`: the other device has this one, and has to be told so. */
  | { readonly kind: 'pairedThere' }
  /** `BLOCKED`: the other device is blocked on this one. */
  | { readonly kind: 'blockedHere' }
  /** `BLOCKED`: this device is blocked on the other one. */
  | { readonly kind: 'blockedThere' }
  /** `NOBODY_FOUND`: a relay of the ticket wants its token. */
  | { readonly kind: 'relayTokenWanted' }
  /** `NOBODY_FOUND`: this device reaches none of its relays. */
  | { readonly kind: 'relaysCutOff' };

/** How a session failed; one code for each thing a person would do differently. */
export type PairingFailureCode =
  /** The code's time is over, by the clock of the device that showed it. Make a new one. */
  | 'CODE_EXPIRED'
  /** The code has paired two devices already. Make a new one. */
  | 'CODE_USED'
  /** The code was tried too often without being known. Make a new one. */
  | 'CODE_BURNT'
  /** The other device shows no such code: it was mistyped, or belongs to another device. */
  | 'CODE_UNKNOWN'
  /** No source led to the other device; each says why in `attempts`. */
  | 'NOBODY_FOUND'
  /** The other side does not know the code. */
  | 'PROOF_MISMATCH'
  /** A person said no, on either device. */
  | 'REJECTED'
  /** The session was ended on purpose, on either device. */
  | 'CANCELLED'
  /** Somebody was found, and the pairing was not done in time. */
  | 'TIMED_OUT'
  /** The connection broke before the end. */
  | 'CONNECTION_LOST'
  /** The devices are paired; pair them anew with `renew`. */
  | 'ALREADY_PAIRED'
  /** One of the two has blocked the other; `circumstance` says which. */
  | 'BLOCKED'
  /** The disk of one of the two is full; the reason says of which. */
  | 'STORE_FULL'
  /** The two devices have no version of the protocol in common. Update the older one. */
  | 'VERSION_UNSUPPORTED'
  /** The other device takes no more at the moment. Try again shortly. */
  | 'BUSY'
  /** A mistake of ours; the reason says which. */
  | 'INTERNAL';

/**
 * Asked of, and told by, whoever runs pairing sessions on this device. Sessions live in memory: after a restart there
 * are none. Every session ends with exactly one `pairing.completed` or `pairing.failed`.
 */
export const pairingSessionsChannel = defineChannel({
  name: 'pairing-sessions',
  version: 1,
  requests: {
    presentSelf: request<PairingIdentity, void>(),
    /** Makes a code and waits for a joiner. Rejects with `PAIRING_BUSY` when 8 codes are open already. Never waits for a relay or the Internet. */
    offer: request<
      {
        /** How long the code lives by this device's clock: 1,000 to 3,600,000 ms. */
        readonly ttlMs: number;
        readonly policy: ConfirmationPolicy;
        /**
         * Tokens of this device's relays that the person wants in the ticket: whoever holds it holds them. Rejects with
         * `RELAY_TOKEN_TOO_LONG` where one has more than 512 characters. @defaultValue none
         */
        readonly relayTokens?: readonly RelayToken[];
        /** As in `join`. @defaultValue false */
        readonly renew?: boolean;
        /**
         * Has the code be found at an address as well. Whoever connects there learns the addresses of this machine's
         * interfaces from iroh before anything is proven. Rejects with `RENDEZVOUS_PORT_TAKEN` when it cannot be bound.
         * @defaultValue none: the rendezvous endpoint is reached through relays only
         */
        readonly rendezvousAt?: RendezvousBinding;
      },
      CodeOffer
    >(),
    /**
     * Joins with words, a ticket or its JSON. The session id is chosen by the caller, so that it can listen first.
     * Relay tokens in a ticket are used to reach the initiator, and kept with its record from then on.
     * Rejects at once with `PAIRING_CODE_INVALID` (what is wrong, nearest words), `TICKET_INVALID`, `TICKET_NEWER`, and
     * with `JOIN_UNDER_WAY` while this device joins with the same code.
     */
    join: request<
      {
        readonly sessionId: PairingSessionId;
        readonly code: string;
        readonly policy: ConfirmationPolicy;
        /** Whether a device that is paired already may be paired anew; otherwise the session fails with `ALREADY_PAIRED`. @defaultValue false */
        readonly renew?: boolean;
        /** Where the person says the initiator is; see `SearchTarget`. @defaultValue none */
        readonly hints?: readonly string[];
      },
      void
    >(),
    /**
     * The person's answer to `pairing.confirmationNeeded`. Ignored for sessions that do not wait for one, and when it accepts
     * digits that a later handshake has replaced: the person is asked again.
     */
    decide: request<
      {
        readonly sessionId: PairingSessionId;
        readonly accept: boolean;
        /** What the person has compared. */
        readonly authenticationString: string;
      },
      void
    >(),
    /** Ends a session: advertisement withdrawn, dials aborted, the peer told. Unknown ids are ignored. */
    cancel: request<{ readonly sessionId: PairingSessionId }, void>(),
    /**
     * The endpoint worker died, or the device's endpoint is bound anew: every connection is lost. Rendezvous endpoints may
     * be gone or not. `presentSelf` follows once the endpoint is bound again.
     */
    dropAll: request<Record<string, never>, void>(),
    /** Ends every session, because the device stops. Resolves when each end was told and the other devices have heard it. */
    abandonAll: request<Record<string, never>, void>(),
    /** Whether `machine.moved` is told from now on. Idempotent; answers where every session stands. */
    watchMachines: request<{ readonly isWatched: boolean }, { readonly sessions: readonly MachineSession[] }>(),
  },
  events: {
    /** Told while somebody watches. */
    'machine.moved': event<MachineTransition>(),
    'pairing.stateChanged': event<{
      readonly sessionId: PairingSessionId;
      readonly role: 'initiator' | 'joiner';
      /** A state of the machine of that role. */
      readonly state: string;
    }>(),
    /**
     * A handshake has finished: each side has proven the code to the other. Told on both sides whatever the policy, because
     * the person at the other device may be asked what this one shows; again after every reconnection, with other digits.
     */
    'pairing.peerProven': event<{
      readonly sessionId: PairingSessionId;
      readonly role: 'initiator' | 'joiner';
      /** Six digits, to be shown; equal on both devices when nobody sits between them. */
      readonly authenticationString: string;
      readonly peer: DeviceCard;
      /** Whether `pairing.confirmationNeeded` follows. */
      readonly mustDecide: boolean;
    }>(),
    'pairing.confirmationNeeded': event<{
      readonly sessionId: PairingSessionId;
      /** Six digits, shown on both devices; equal when nobody sits between them. */
      readonly authenticationString: string;
      readonly peer: DeviceCard;
      /** The device that is paired with this one already and would be paired anew; `null` for a new one. */
      readonly renews: DeviceSummary | null;
    }>(),
    'pairing.completed': event<{
      readonly sessionId: PairingSessionId;
      readonly role: 'initiator' | 'joiner';
      readonly device: PeerDevice;
      /** Whether it was paired already, and is paired anew. */
      readonly isRenewed: boolean;
      readonly authenticationString: string;
      /** Where the joiner found the initiator; `null` on the initiator's side. */
      readonly via: DiscoverySourceName | null;
      readonly path: PathKind;
      /** From the join to here; on the initiator's side from the moment a joiner proved the code. */
      readonly elapsedMs: number;
      /** From the join to the first candidate that was the initiator; `null` on the initiator's side. */
      readonly discoveredMs: number | null;
    }>(),
    'pairing.failed': event<{
      readonly sessionId: PairingSessionId;
      readonly role: 'initiator' | 'joiner';
      readonly code: PairingFailureCode;
      /** One sentence: what happened, why, what to do next. */
      readonly reason: string;
      /** Every source and why it failed; empty where no source was at fault. */
      readonly attempts: readonly PairingAttempt[];
      /** `null` where the code says all there is. */
      readonly circumstance: PairingCircumstance | null;
      /** The device the session leaves stored as pending: the other side may be paired, and the next contact tells. */
      readonly leftPending?: PeerDevice;
      /** Who may have stored the pairing that was taken back here, and is to be told that it is none; `null` when nobody can have. */
      readonly leftBehind: EndpointId | null;
    }>(),
  },
});

export type PairingSessionsChannel = typeof pairingSessionsChannel;
