import type { MdnsProblem } from './channels/discovery.ts';
import type { RelayConnectionState, RelayDownReason, RelayRole } from './channels/relay-switchboard.ts';
import type { NatKind } from './host-events.ts';
import type { RelayUrl } from './ids.ts';

/** What a device knows about one of its relays. */
export interface RelayFact {
  readonly url: RelayUrl;
  readonly role: RelayRole;
  readonly state: RelayConnectionState;
  readonly downReason: RelayDownReason | null;
  /** Round trip, milliseconds; `null` before the first answer. */
  readonly rttMs: number | null;
}

/**
 * What a device knows of itself and of its network that matters to another device it is paired with. Linked devices
 * tell it each other. It names no address and no other device; its relays are what the peer is told anyway.
 */
export interface DeviceFacts {
  /** When these facts were gathered, wall clock of the device that did, milliseconds. */
  readonly atMs: number;
  /** Release of the software, as its package says. */
  readonly version: string;
  /** What stands between the device and the internet, as observers see it. */
  readonly nat: NatKind;
  /**
   * Whether UDP passes to the internet: `works` once an observer or address discovery answered, `blocked` when several in
   * a row were asked and none answered while their relay is connected, `unknown` when nobody could be asked.
   */
  readonly udp: 'works' | 'blocked' | 'unknown';
  /** Whether anybody is known who could tell the device its outside address. */
  readonly hasObserver: boolean;
  /** Where the endpoint is bound: everywhere, to some addresses, or to this machine alone. */
  readonly bound: 'everywhere' | 'some' | 'loopback' | 'nowhere';
  /** Families that an interface other than loopback has an address of. Empty: no network. */
  readonly families: readonly ('ipv4' | 'ipv6')[];
  /** Which relays the person chose. */
  readonly relayChoice: 'default' | 'custom' | 'disabled';
  /** Whether relays are reached through an HTTP proxy. */
  readonly usesProxy: boolean;
  /** At most 8. */
  readonly relays: readonly RelayFact[];
  /** `off`: not wanted. `failing`: wanted, and does not work. */
  readonly mdns: 'works' | 'failing' | 'off';
  /** Why mDNS fails, as its actor says; `null` while it works, and of another device, which keeps it to itself. */
  readonly mdnsProblem: MdnsProblem | null;
  /** The store cannot write, with the code of its error; `null` while all is well. */
  readonly storeProblem: string | null;
  /** The 90th percentile of how late timers of the host fired in two minutes, milliseconds; `null` before it was measured. */
  readonly timerDelayMs: number | null;
}
