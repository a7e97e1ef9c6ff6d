import type { RelayInfo } from './addresses.ts';
import type { DeviceId, EndpointId, SocketAddress } from './ids.ts';

/** How a device presents itself to another one during pairing, after the code has been proven. */
export interface DeviceCard {
  /** 1 to 64 characters after control and direction-changing characters are removed. */
  readonly name: string;
  /** `process.platform` of the device, e.g. `linux`; for display only. */
  readonly platform: string;
}

/** This device, as commands and events print it. */
export interface DeviceSummary {
  readonly id: DeviceId;
  readonly endpointId: EndpointId;
  readonly name: string;
}

/**
 * `pending`: the handshake has proven the code and both people agreed, but the other side's `confirm` has not been
 * seen. It is no permission yet; it heals to `paired` at the next contact, or is removed.
 */
export type PairingState = 'pending' | 'paired';

/** What a device may do beside being linked. What is left out is as the defaults have it. */
export interface DevicePermissions {
  /** Whether what is said with it may go through relays. @defaultValue `'allow'` */
  readonly relay?: 'allow' | 'deny';
}

/** What a person decided and noted of a peer device. What is absent was never said. */
export interface DeviceTrust {
  /** Which pairing it is by: the same at both devices, and no secret. Absent for a pairing of an earlier release. */
  readonly pairingId?: string;
  /** For this device's own owner; 1 to 500 characters. */
  readonly note?: string;
  /** When the safety numbers of the two were last compared and found equal (wall clock, milliseconds). */
  readonly comparedAtMs?: number;
  readonly permissions?: DevicePermissions;
  /** The device's own proof of how often it has started, as it told last; given back to it when it has forgotten. */
  readonly claim?: string;
}

/** A change of it; what is left out stays, `null` takes it back. */
export interface DeviceTrustChange {
  readonly pairingId?: string;
  readonly note?: string | null;
  readonly comparedAtMs?: number | null;
  readonly permissions?: DevicePermissions;
  readonly claim?: string;
}

/** A device that is kept out until it is unblocked. */
export interface BlockedDevice {
  readonly id: DeviceId;
  readonly endpointId: EndpointId;
  /** What it was called here when it was paired; `null` when it was not. */
  readonly name: string | null;
  /** Wall clock, milliseconds. */
  readonly blockedAtMs: number;
}

/** A peer device as the store holds it. */
export interface PeerDevice extends DeviceSummary, DeviceTrust {
  readonly platform: string;
  readonly pairingState: PairingState;
  readonly pairedAtMs: number;
  /** What the device last told about its relays; `null` before the first word. */
  readonly relayInfo: RelayInfo | null;
  /** Direct addresses that worked or were told, newest first, at most 16. */
  readonly directAddresses: readonly KnownAddress[];
  /** Highest incarnation seen in a hello of this device; a lower one is refused as stale. */
  readonly incarnation: number;
  /** The last message of this device that was journaled, so that resent ones are dropped after a restart. */
  readonly lastReceived: MessagePosition | null;
  readonly lastSeenAtMs: number | null;
}

/** A direct address and when it last proved or was told to be right (wall clock, milliseconds). */
export interface KnownAddress {
  readonly address: SocketAddress;
  readonly seenAtMs: number;
}

/** Where in a sender's numbered stream a message stands. Sequences start at 1 in every incarnation. */
export interface MessagePosition {
  readonly incarnation: number;
  readonly sequence: number;
}
