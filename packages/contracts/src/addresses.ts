import type { EndpointId, RelayUrl, SocketAddress } from './ids.ts';

/** Most relays of one device that are told, kept and used. */
export const MAX_RELAY_URLS = 8;

/** Most direct addresses of one device that are told and kept. */
export const MAX_DIRECT_ADDRESSES = 16;

/**
 * Everything known about where an endpoint may be reached. iroh calls it an endpoint address.
 * Relay URLs are the real relays, in the order they should be tried, never the switchboard's loopback name.
 */
export interface EndpointAddress {
  readonly endpointId: EndpointId;
  readonly relayUrls: readonly RelayUrl[];
  readonly directAddresses: readonly SocketAddress[];
}

/** Where an endpoint may be, apart from which one it is. */
export type PeerLocation = Omit<EndpointAddress, 'endpointId'>;

/** How packets travel between two devices: `direct` over UDP between them, or through a `relay`. */
export type PathKind = 'direct' | 'relay';

/** The path a connection uses now. */
export interface ConnectionPath {
  readonly kind: PathKind;
  /** For `direct`: the other side's UDP address. For `relay`: `null`, the switchboard knows which relay. */
  readonly remoteAddress: SocketAddress | null;
  /** Round trip as QUIC measures it, whole milliseconds; `null` before the first sample. */
  readonly rttMs: number | null;
}

/** How long something took there and back, and how long ago that was, milliseconds. */
export interface RoundTrip {
  readonly rttMs: number;
  readonly agoMs: number;
}

/** The relays a device can be found on, as it tells its paired devices. */
export interface RelayInfo {
  /** `null` while the device has no relay (LAN only, or none reachable). */
  readonly homeRelayUrl: RelayUrl | null;
  /** Home first, then standby relays in the order the device prefers them. At most 8. */
  readonly relayUrls: readonly RelayUrl[];
  /** Grows with every change the device makes to this record; a lower or equal revision of the same incarnation is old news. */
  readonly revision: number;
  /** The incarnation of the device that made the record. */
  readonly incarnation: number;
}

/** What a relay asks whoever logs in for. A secret: it stands in no log, event or status. */
export interface RelayToken {
  readonly url: RelayUrl;
  /** Sent as a bearer token; visible ASCII characters. */
  readonly token: string;
}

/** A relay that tells endpoints the address they are seen at, over QUIC (iroh's QUIC address discovery). */
export interface AddressDiscoveryRelay {
  readonly url: RelayUrl;
  /** UDP port, 1 to 65,535. iroh-relay uses 7842 unless it is told otherwise. */
  readonly quicPort: number;
}
