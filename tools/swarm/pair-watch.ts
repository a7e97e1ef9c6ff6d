import { type ConnectionInfo, LINK_ALPN, type PathKind } from '@bowline/contracts';
import type { FakeEndpointNetwork } from '@bowline/testing';
import type { Device } from './device.ts';
import type { MessageLedger } from './message-ledger.ts';
import type { Reach } from './reach.ts';
import type { StreamLedger } from './stream-ledger.ts';

/**
 * How soon two devices that can reach each other must be linked, milliseconds. `seen`: one of them has noticed that something
 * changed, after a minute and a half of peace. `unseen`: nobody could notice, or much has happened lately, so that the longest
 * pause between two dials (60 s) counts, and a dial.
 */
export const BOUND_MS = { seen: 6_000, unseen: 85_000 } as const;

/** Peace after which the short bound holds, milliseconds: longer than every backoff. */
const PEACE_MS = 90_000;

/** How long a link may be told that has no way, milliseconds: an idle one is asked every 5 s, and given up after at most 6. */
const LIE_MS = 15_000;

/** How long two connections may stand between two devices, or one that must not, milliseconds. */
const SUPERFLUOUS_MS = 10_000;

/** How long a path may be told that is another one, milliseconds: two looks at it. */
const WRONG_PATH_MS = 10_000;

/** How long linked devices must have been linked before every message from before must have arrived, milliseconds. */
const DELIVERY_MS = 30_000;

/** Apart for so long, devices give their streams up, milliseconds, and a little less, since each notices in its own time. */
const STREAM_PATIENCE_MS = 290_000;

/** How long a device may not know that it is unpaired, once it could ask the other one, milliseconds. */
const UNHEARD_MS = 200_000;

/** What a watch looks at. */
export interface PairWatchComponents {
  readonly network: FakeEndpointNetwork;
  readonly reachOf: (one: Device, other: Device) => Reach;
  readonly ledger: MessageLedger;
  readonly streams: StreamLedger;
  readonly breach: (what: string) => void;
}

/** Holds two devices against what must be: whether they are linked, by how much, and whether they may be. */
export class PairWatch {
  readonly one: Device;
  readonly other: Device;
  readonly #components: PairWatchComponents;
  #deadlineMs = 0;
  #disturbedAtMs = Number.NEGATIVE_INFINITY;
  #linkedSinceMs: number | null = null;
  /** Since when not both tell that they are connected; `null`: both do. */
  #apartSinceMs: number | null = 0;
  #lyingSinceMs: number | null = null;
  #superfluousSinceMs: number | null = null;
  #forbiddenSinceMs: number | null = null;
  #unheardSinceMs: number | null = null;
  #letInSinceMs: number | null = null;
  /** Who keeps the other one out. */
  readonly #blocking = new Set<Device>();
  readonly #paths = new Map<Device, PathKind | null>();
  #wrongPathSinceMs: number | null = null;
  /** Which device tells that it is connected with the other one. */
  readonly #connected = new Set<Device>();
  /** Times from a seen disturbance to the link, milliseconds. */
  #countingFromMs: number | null = null;
  readonly linkedAfterMs: number[] = [];

  constructor(one: Device, other: Device, components: PairWatchComponents) {
    this.one = one;
    this.other = other;
    this.#components = components;
  }

  get name(): string {
    return `${this.one.name}-${this.other.name}`;
  }

  get isPaired(): boolean {
    return knows(this.one, this.other) && knows(this.other, this.one);
  }

  /** Something happened that may have broken the link, or the way. */
  disturb(nowMs: number, isSeen: boolean): void {
    const isPeaceful = nowMs - this.#disturbedAtMs >= PEACE_MS;
    this.#deadlineMs = nowMs + (isSeen && isPeaceful ? BOUND_MS.seen : BOUND_MS.unseen);
    this.#disturbedAtMs = nowMs;
    // A way may have come and gone since the last look: only from now on a link without one is told for too long.
    this.#lyingSinceMs = null;
    this.#countingFromMs = isSeen && isPeaceful ? nowMs : null;
  }

  told(device: Device, isConnected: boolean, nowMs: number): void {
    if (isConnected === this.#connected.has(device)) {
      this.#components.breach(
        `${device.name} tells twice that it is ${isConnected ? '' : 'dis'}connected (${this.name})`,
      );
    }
    if (isConnected) this.#connected.add(device);
    else this.#connected.delete(device);
    this.#noteApart(nowMs);
    if (this.#connected.size < 2 || this.#countingFromMs === null) return;
    this.linkedAfterMs.push(nowMs - this.#countingFromMs);
    this.#countingFromMs = null;
  }

  /** What a device tells of the path; `null`: it does not know yet. */
  toldPath(device: Device, kind: PathKind | null): void {
    this.#paths.set(device, kind);
  }

  /** One of the two keeps the other one out from now on, whatever becomes of it; or does so no more. */
  blocked(device: Device): void {
    this.#blocking.add(device);
  }

  unblocked(device: Device): void {
    this.#blocking.delete(device);
  }

  /** Its program has ended: it tells nothing. */
  silenced(device: Device): void {
    this.#connected.delete(device);
  }

  /** Streams outlive a link that is away for less than their patience. */
  #noteApart(nowMs: number): void {
    if (this.#apartSinceMs !== null && nowMs - this.#apartSinceMs > STREAM_PATIENCE_MS) {
      this.#components.streams.excuse(this.one.name, this.other.name, nowMs);
    }
    if (this.#connected.size === 2) this.#apartSinceMs = null;
    else this.#apartSinceMs ??= nowMs;
  }

  /** Also while they are being paired, which must come to nothing. */
  checkBlocked(nowMs: number): void {
    const { breach } = this.#components;
    for (const device of this.#blocking) {
      const other = device === this.one ? this.other : this.one;
      if (knows(device, other)) breach(`${device.name} is paired with ${other.name}, which it keeps out`);
    }
    const isIn = this.#blocking.size > 0 && this.#standing(null).length > 0 && this.#hasWay();
    this.#letInSinceMs = isIn ? (this.#letInSinceMs ?? nowMs) : null;
    if (this.#letInSinceMs !== null && nowMs - this.#letInSinceMs > SUPERFLUOUS_MS) {
      breach(`${this.name} are connected, and one of them keeps the other one out`);
    }
  }

  check(nowMs: number): void {
    const { breach, ledger, streams, reachOf } = this.#components;
    this.#noteApart(nowMs);
    const { one, other } = this;
    const reach = reachOf(one, other);
    const hasWay = reach.isDirect || reach.isRelayed;
    const areUp = one.host !== null && other.host !== null;
    const isLinked = this.#connected.size === 2;
    const links = this.#standing(LINK_ALPN);
    const standing = links.length;

    if (!isLinked) this.#linkedSinceMs = null;
    else this.#linkedSinceMs ??= nowMs;
    const mustBeLinked = areUp && hasWay && this.isPaired && nowMs >= this.#deadlineMs;
    if (mustBeLinked && !isLinked) {
      const silent = [one, other].filter((device) => !this.#connected.has(device)).map(({ name }) => name);
      const sinceMs = Math.round(nowMs - this.#disturbedAtMs);
      breach(`${this.name} can reach each other, and ${silent.join(' and ')} is not linked after ${sinceMs} ms`);
    }
    if (mustBeLinked && isLinked && standing !== 1) {
      breach(`${this.name} is told to be linked, and ${standing} connections stand`);
    }

    const isLying = !hasWay && this.#connected.size > 0 && !one.station.isAsleep && !other.station.isAsleep;
    this.#lyingSinceMs = isLying ? (this.#lyingSinceMs ?? nowMs) : null;
    if (this.#lyingSinceMs !== null && nowMs - this.#lyingSinceMs > LIE_MS) {
      breach(`${this.name} has no way, and is told to be linked ${LIE_MS} ms later`);
    }

    this.#checkPaths(isLinked && standing === 1 ? links[0] : undefined, nowMs);

    this.#superfluousSinceMs = standing > 1 ? (this.#superfluousSinceMs ?? nowMs) : null;
    if (this.#superfluousSinceMs !== null && nowMs - this.#superfluousSinceMs > SUPERFLUOUS_MS) {
      breach(`${this.name} has ${standing} connections at once`);
    }

    const isForbidden = hasWay && standing > 0 && (!knows(one, other) || !knows(other, one));
    this.#forbiddenSinceMs = isForbidden ? (this.#forbiddenSinceMs ?? nowMs) : null;
    if (this.#forbiddenSinceMs !== null && nowMs - this.#forbiddenSinceMs > SUPERFLUOUS_MS) {
      breach(`${this.name} is linked and not paired`);
    }

    const mayAsk = reach.isRelayed || (reach.isDirect && (knowsWay(one, other) || knowsWay(other, one)));
    const isUnheard = areUp && mayAsk && knows(one, other) !== knows(other, one) && nowMs >= this.#deadlineMs;
    this.#unheardSinceMs = isUnheard ? (this.#unheardSinceMs ?? nowMs) : null;
    if (this.#unheardSinceMs !== null && nowMs - this.#unheardSinceMs > UNHEARD_MS) {
      breach(`one of ${this.name} still thinks it is paired`);
    }

    const calmSinceMs = Math.max(this.#linkedSinceMs ?? nowMs, this.#disturbedAtMs);
    if (isLinked && nowMs - calmSinceMs > DELIVERY_MS) {
      ledger.settle(one.name, other.name, nowMs - DELIVERY_MS);
      ledger.settle(other.name, one.name, nowMs - DELIVERY_MS);
      streams.settle(one.name, other.name, nowMs - DELIVERY_MS);
    }
  }

  #hasWay(): boolean {
    const { isDirect, isRelayed } = this.#components.reachOf(this.one, this.other);
    return isDirect || isRelayed;
  }

  /** @param connection the one that stands, where both tell that they are linked */
  #checkPaths(connection: ConnectionInfo | undefined, nowMs: number): void {
    const actual = connection?.path?.kind ?? null;
    const wrong = actual === null ? [] : [this.one, this.other].filter((each) => this.#paths.get(each) !== actual);
    this.#wrongPathSinceMs = wrong.length > 0 ? (this.#wrongPathSinceMs ?? nowMs) : null;
    if (this.#wrongPathSinceMs !== null && nowMs - this.#wrongPathSinceMs > WRONG_PATH_MS) {
      const names = wrong.map(({ name }) => name).join(' and ');
      this.#components.breach(`the path of ${this.name} is ${actual}, and ${names} does not tell so`);
    }
  }

  /** Connections that both have open, of one protocol or (`null`) of any. */
  #standing(wanted: string | null): readonly ConnectionInfo[] {
    const { endpointId: a } = this.one;
    const { endpointId: b } = this.other;
    return this.#components.network
      .standing()
      .filter(
        ({ alpn, localEndpointId: from, remoteEndpointId: to }) =>
          (wanted === null || alpn === wanted) && ((from === a && to === b) || (from === b && to === a)),
      );
  }
}

const knows = (device: Device, other: Device): boolean => device.disk.devices.get(other.id)?.pairingState === 'paired';

/**
 * Whether a device is paired, and knows where the other one is now. Who has been unpaired does not know by what the other one
 * shows itself from then on, so that it can find it where it was, and through a relay, and nowhere else.
 */
const knowsWay = (device: Device, other: Device): boolean =>
  device.disk.devices.get(other.id)?.directAddresses.some(({ address }) => address === other.address) ?? false;
