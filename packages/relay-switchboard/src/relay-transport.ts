import type { RelayDownReason, RelayUrl } from '@bowline/contracts';
import type { ProtocolVersion } from '@bowline/relay-protocol';
import type { FrameSink } from '@bowline/relay-socket';

/** One WebSocket to a relay, opened by a {@link DialRelay}. */
export interface RelayTransport extends FrameSink {
  /**
   * Whether it left from an address that this machine has no more: nothing comes back to it, and nobody says so. One that has not
   * been answered counts as such as soon as this machine has other addresses than when it was begun: its first packet went out in
   * another network, or in none, and is repeated after seconds.
   */
  readonly isStranded: boolean;
  /**
   * Why nothing has answered yet, for who does not wait longer: `dns` while it waits for the address of the relay's name, which a
   * name server that answers nothing keeps it doing for many seconds.
   */
  readonly unreachedReason: Extract<RelayDownReason, 'dns' | 'tcp' | 'noNetwork'>;
  /** Ends it at once, without a goodbye; nothing is told afterwards. */
  terminate(): void;
}

/** What a transport tells. */
export interface RelayTransportEvents {
  /** Something answers at the relay's address, or its proxy's. */
  readonly reached: () => void;
  /** The upgrade succeeded; the login follows. */
  readonly opened: (version: ProtocolVersion) => void;
  readonly message: (frame: Buffer) => void;
  /** It could not be opened, or has ended. Told once, and nothing after it. @param detail for logs; no secret */
  readonly closed: (reason: RelayDownReason, detail: string) => void;
}

/** Which relay to open, and with what. */
export interface RelayTarget {
  readonly url: RelayUrl;
  /** Whether this device was told to use it; otherwise a peer or a ticket named it, and it is trusted with nothing. */
  readonly isConfigured: boolean;
  /** Bearer token, a secret. */
  readonly token: string | null;
  /** 32 bytes, the Ed25519 seed of the identity that logs in; a secret. Over TLS it proves itself with the upgrade. */
  readonly secretKey: Uint8Array;
}

/** Opens a transport. Never throws: what fails is told by `closed`, and never before the call has returned. */
export type DialRelay = (target: RelayTarget, events: RelayTransportEvents) => RelayTransport;
