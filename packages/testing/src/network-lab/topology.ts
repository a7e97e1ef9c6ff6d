/**
 * What a router does with a flow's port: keep it, replace it by one other port whoever is spoken to, or pick a random one
 * for every destination. With `renumbering`, one UDP socket in its network reaches the internet.
 */
export type LabNatKind = 'plain' | 'renumbering' | 'symmetric';

/** A stretch of cable with a length: what crosses it arrives late, or not at all, in each direction alike. */
export interface LabLeg {
  /** One way, milliseconds. */
  readonly delayMs: number;
  /** Added to the delay of each frame, at random up to this. @defaultValue 0 */
  readonly jitterMs?: number;
  /** Share of frames that get lost, 0 to 1. @defaultValue 0 */
  readonly lossRatio?: number;
  /** What crosses it in a second, at most; the rest waits in a queue as long as a second, and beyond that gets lost. @defaultValue whatever comes */
  readonly bytesPerSecond?: number;
}

/** Hosts on one switch, and what the switch does. */
export interface LabSwitch<N extends string = string> {
  readonly hosts: readonly N[];
  /** Keeps the hosts apart, as a guest network does: each reaches the router alone. @defaultValue false */
  readonly isIsolated?: boolean;
  /** Whether mDNS (UDP 5353) reaches the other hosts. @defaultValue true */
  readonly passesMdns?: boolean;
}

/** A network with a router, and through it the internet. */
export interface LabHome<N extends string = string> extends LabSwitch<N> {
  /** @defaultValue `'plain'` */
  readonly nat?: LabNatKind;
  /** The network's number: its addresses are `192.168.<number>.10` and up. Two homes may have one number. @defaultValue its place, from 1 */
  readonly number?: number;
  /** Whether the provider translates addresses once more (carrier-grade NAT). @defaultValue false */
  readonly isBehindCarrier?: boolean;
  /** Whether UDP gets out. @defaultValue true */
  readonly passesUdp?: boolean;
  /** The line to the internet. @defaultValue no delay, and nothing lost */
  readonly leg?: LabLeg;
  /** Largest packet on the line to the internet; what is longer vanishes without a word. @defaultValue 1500 */
  readonly mtuBytes?: number;
}

export type LabFamily = 'ipv4' | 'ipv6';

/** Networks as a value: what {@link buildTopology} builds. Names of hosts must differ, and have at most 10 characters. */
export type LabTopology<N extends string = string> =
  | ({
      readonly kind: 'lan';
      readonly family?: LabFamily;
      /** The line of the last host: a radio, a long way. @defaultValue no delay, and nothing lost */
      readonly leg?: LabLeg;
    } & LabSwitch<N>)
  | {
      readonly kind: 'homes';
      /** With `ipv6` every host has a public address and the router translates nothing; it still drops what nobody asked for. @defaultValue `'ipv4'` */
      readonly family?: LabFamily;
      /** May be empty of hosts: somewhere to roam to. */
      readonly homes: readonly LabHome<N>[];
      /** Hosts with public addresses: relays. */
      readonly internet: readonly N[];
    };
