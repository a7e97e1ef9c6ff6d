import type {
  ConnectionPath,
  DeviceFacts,
  PeerDevice,
  PresenceKey,
  RelayInfo,
  RelayToken,
  RelayUrl,
  SocketAddress,
} from '@bowline/contracts';
import type { Contact } from './contact.ts';

/** All that is known of one paired device while this device runs. */
export interface Peer {
  /** Its record, as last read from or written to the store. */
  readonly device: PeerDevice;
  /** Grows when the device is paired anew. */
  readonly pairing: number;
  /** `away`: it said goodbye and has given no sign of life since. */
  readonly link: 'up' | 'down' | 'away';
  /** How its packets travel; `null` while there is no link, or no path was told yet. */
  readonly path: ConnectionPath | null;
  /** The relay it was reached through last; `null` where none was needed since the start. */
  readonly relayUrl: RelayUrl | null;
  readonly contact: Contact;
  /** What it told of itself last, and when (wall clock, milliseconds); `null`: it never did. */
  readonly toldFacts: ToldFacts | null;
  /** How long it is given to dial first after it was paired, milliseconds. */
  readonly dialAfterMs: number;
  /** Where it was seen on the local network since the start, newest first. */
  readonly sightedAddresses: readonly SocketAddress[];
  /** By what it is known on the local network, a secret; `null`: it has told nothing. */
  readonly presenceKey: PresenceKey | null;
  /** Whether it was ever told by what this device is known there. */
  readonly knowsPresence: boolean;
  /** Whether it said on this link that it knows TCP; `null`: it has said nothing yet. */
  readonly knowsTcp: boolean | null;
  /** What it said of its relays last, on a link of this run; `null` before the first word. */
  readonly heardRelayInfo: RelayInfo | null;
  /** Tokens of its relays that it shared, secrets; `null` before they are read from the store. */
  readonly lentTokens: readonly RelayToken[] | null;
}

/** What a device told of itself. */
export interface ToldFacts {
  readonly facts: DeviceFacts;
  readonly atMs: number;
}

/** Where to dial it: where it was sighted, then what it told, without repeats. */
export const addressesOf = ({ device, sightedAddresses }: Peer): readonly SocketAddress[] => [
  ...new Set([...sightedAddresses, ...device.directAddresses.map(({ address }) => address)]),
];
