import type { CloseName, LinkDownReason, RelayUrl, TcpAbsence, TcpDialFailure } from '@bowline/contracts';

/** Where an address lies, seen from this device. */
export type PathScope =
  /** This machine. */
  | 'loopback'
  /** A network that one of this device's interfaces is on. */
  | 'lan'
  /** Private, but on none of this device's networks: a VPN, or a routed network. */
  | 'private'
  | 'public';

/** The path in use, when it is a direct one. */
export interface DirectPathFacts {
  readonly kind: 'direct';
  readonly family: 'ipv4' | 'ipv6';
  readonly scope: PathScope;
  /** Where the address came from; `null` when iroh found it by itself, by punching a hole. */
  readonly learntFrom: 'mdns' | 'stored' | 'peer' | null;
}

/** The path in use, when it leads through a relay. */
export interface RelayPathFacts {
  readonly kind: 'relay';
  /** `null` while no packet of the peer has been heard on any. */
  readonly relayUrl: RelayUrl | null;
}

/** How one way of reaching the peer ended when it was last tried. */
export interface DialFailureFacts {
  readonly atMs: number;
  /** Code of the error, as links tell it (`LINK_UNREACHABLE`, `LINK_REFUSED`). */
  readonly code: string;
  /** What the other side said; `null` when it said nothing. */
  readonly refusedWith: CloseName | null;
}

/** The peer came by itself, and this device refused it. */
export interface RefusalFacts {
  readonly atMs: number;
  /** It is behind itself, runs twice, or greeted in another version of the protocol. */
  readonly name: 'stale' | 'cloned' | 'version-unsupported';
}

/** What this device knows of its connection to one peer. Times are wall clock, milliseconds. */
export interface ConnectionFacts {
  readonly state: 'connected' | 'connecting' | 'offline';
  readonly stateSinceMs: number | null;
  readonly path: DirectPathFacts | RelayPathFacts | null;
  readonly pathSinceMs: number | null;
  readonly rttMs: number | null;
  /** Bytes a second of streams over TCP, beside the path; `null` while there is no TCP connection. */
  readonly tcpBytesPerSecond: number | null;
  /** Why there is none; `null` while there is one, or nothing is known of it. */
  readonly tcpAbsence: TcpAbsence | null;
  /** How this device's last dial by TCP failed; `null`: it did not, or there was nowhere to dial. */
  readonly tcpFailure: TcpDialFailure | null;
  /** The same of the peer's dial to this device, as it tells. */
  readonly tcpFailureThere: TcpDialFailure | null;
  /** With how many further devices on networks of this device's a TCP connection could be made, by whoever dialled, and with how many not. */
  readonly tcpWithOthers: { readonly stoodCount: number; readonly failedCount: number };
  /** Share of the packets that this device sent lately on the path and that were lost, 0 to 1; `null` before there were enough to say. */
  readonly lossRatio: number | null;
  /** The same of the packets that the peer sent, as it tells: nobody else can know. `null`: it has not. */
  readonly lossRatioThere: number | null;
  /** Round trips on the path in the last minutes, milliseconds, in any order; few or none on a new one. */
  readonly roundTripsMs: readonly number[];
  /** Why the last link ended; `null` before the first one did since this device started. */
  readonly lastDown: { readonly atMs: number; readonly reason: LinkDownReason } | null;
  /** The last dial that failed since the device was last connected. */
  readonly lastFailure: DialFailureFacts | null;
  /** How the peer was last refused here, since they were connected. */
  readonly lastRefusal: RefusalFacts | null;
  /** Dials that failed in a row. */
  readonly failureCount: number;
  /** When the peer was last heard, ever; `null`: never since it was paired. */
  readonly lastHeardAtMs: number | null;
  /** When mDNS last showed the peer; `null`: not since this device started. */
  readonly sightedAtMs: number | null;
  /** Direct addresses this device would dial. */
  readonly knownAddressCount: number;
  /** Of these, those in a network of this device's, or on its machine: the two may be on one network. */
  readonly nearAddressCount: number;
  /** Whether this device lets anything pass to and from the peer through relays. */
  readonly usesRelays: boolean;
  /** Relays the peer said it can be found on, home first. */
  readonly peerRelayUrls: readonly RelayUrl[];
  /** Of these, the ones this device is connected to now. */
  readonly sharedRelayUrls: readonly RelayUrl[];
  /** Of the shared ones, those that say that the peer is not there, and when they said so last. */
  readonly absences: readonly { readonly url: RelayUrl; readonly atMs: number }[];
  /** A day's limit of bytes through relays is used up, for this peer or for all. */
  readonly isOverBudget: boolean;
  /** Whether both devices were seen at the same outside address when they last compared; `null`: not known. */
  readonly sharesOutsideAddress: boolean | null;
  /** The fastest relay known to both, with its round trip from here; `null`: none measured. */
  readonly nearestRelay: { readonly url: RelayUrl; readonly rttMs: number } | null;
}
