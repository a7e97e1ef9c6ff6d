import type { Clock, RelayBudget } from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';
import type { RouteKey } from '@bowline/relay-protocol';

/** Share of a limit at which a warning is told. */
const WARN_AT_RATIO = 0.8;

const DAY_MS = 86_400_000;

/** Datagrams up to this many bytes count as control: heartbeats, acknowledgements, short messages. */
const CONTROL_BYTES = 300;

/**
 * What still passes beyond a limit, for each peer and direction, bytes a second and at once. Control has a trickle of its
 * own, so that a stalled transfer cannot starve it; the other one lets a connection be made and stay alive.
 */
const CONTROL_TRICKLE = { bytesPerSecond: 8_192, burstBytes: 16_384 } as const;
const BULK_TRICKLE = { bytesPerSecond: 2_048, burstBytes: 8_192 } as const;

/** Strangers accounted for one by one in a day; the rest counts for the total alone. */
const MAX_PEERS = 4_096;

/** A limit that was approached or reached. */
export interface BudgetCrossing {
  /** `null` for all peers together. */
  readonly peer: RouteKey | null;
  readonly level: 'warning' | 'limit';
  readonly spentBytes: number;
  readonly limitBytes: number;
}

/** Which way a frame goes. */
export type FrameDirection = 'out' | 'in';

/** Keeps account of one day's traffic and, beyond a limit, lets a trickle through. Time comes from the clock alone. */
export class DailyBudget {
  readonly #clock: Clock;
  readonly #onCrossing: (crossing: BudgetCrossing) => void;
  readonly #spent = new Map<RouteKey, number>();
  readonly #told = new Set<string>();
  readonly #trickles = new Map<string, TokenBucket>();
  #budget: RelayBudget = { peerBytesPerDay: null, totalBytesPerDay: null };
  #totalBytes = 0;
  #paired: ReadonlySet<RouteKey> = new Set();
  #day: number;

  constructor(clock: Clock, onCrossing: (crossing: BudgetCrossing) => void) {
    this.#clock = clock;
    this.#onCrossing = onCrossing;
    this.#day = dayOf(clock);
  }

  /** The limits; `null` when there are none. */
  get budget(): RelayBudget | null {
    const { peerBytesPerDay, totalBytesPerDay } = this.#budget;
    return peerBytesPerDay === null && totalBytesPerDay === null ? null : { peerBytesPerDay, totalBytesPerDay };
  }

  /** Bytes of all peers today. */
  get totalBytes(): number {
    this.#turnDay();
    return this.#totalBytes;
  }

  /** Bytes of one peer today. */
  spentBy(peer: RouteKey): number {
    this.#turnDay();
    return this.#spent.get(peer) ?? 0;
  }

  /** The paired devices, in place of those told before: each is held to its limit, however many strangers there are. */
  setPaired(paired: ReadonlySet<RouteKey>): void {
    this.#paired = paired;
  }

  /** Sets or lifts the limits; `spent` is added to what was counted here. */
  limit(budget: RelayBudget | null, spent: ReadonlyMap<RouteKey, number> = new Map()): void {
    this.#turnDay();
    this.#budget = budget ?? { peerBytesPerDay: null, totalBytesPerDay: null };
    this.#told.clear();
    this.#trickles.clear();
    for (const [peer, bytes] of spent) this.#add(peer, bytes);
    for (const peer of this.#spent.keys()) this.#watch(peer);
  }

  /** Counts bytes that went through a relay. */
  spend(peer: RouteKey, bytes: number): void {
    this.#turnDay();
    this.#add(peer, bytes);
    this.#watch(peer);
  }

  /** Whether a frame may pass: always within the limits, as far as the trickle goes beyond them. */
  admits(peer: RouteKey, bytes: number, direction: FrameDirection): boolean {
    const { peerBytesPerDay, totalBytesPerDay } = this.#budget;
    if (peerBytesPerDay === null && totalBytesPerDay === null) return true;
    this.#turnDay();
    const isPeerOver = peerBytesPerDay !== null && (this.#spent.get(peer) ?? 0) >= peerBytesPerDay;
    const isTotalOver = totalBytesPerDay !== null && this.#totalBytes >= totalBytesPerDay;
    return isPeerOver || isTotalOver ? this.#trickle(peer, bytes, direction) : true;
  }

  #add(peer: RouteKey, bytes: number): void {
    this.#totalBytes += bytes;
    const known = this.#spent.get(peer);
    const isAccounted = known !== undefined || this.#paired.has(peer) || this.#spent.size < MAX_PEERS;
    if (isAccounted) this.#spent.set(peer, (known ?? 0) + bytes);
  }

  #watch(peer: RouteKey): void {
    const { peerBytesPerDay, totalBytesPerDay } = this.#budget;
    if (peerBytesPerDay !== null) this.#tell(peer, this.#spent.get(peer) ?? 0, peerBytesPerDay);
    if (totalBytesPerDay !== null) this.#tell(null, this.#totalBytes, totalBytesPerDay);
  }

  #tell(peer: RouteKey | null, spentBytes: number, limitBytes: number): void {
    if (spentBytes < WARN_AT_RATIO * limitBytes) return;
    const level = spentBytes < limitBytes ? 'warning' : 'limit';
    const name = `${level} ${peer ?? ''}`;
    if (this.#told.has(name)) return;
    this.#told.add(name);
    this.#onCrossing({ peer, level, spentBytes, limitBytes });
  }

  #trickle(peer: RouteKey, bytes: number, direction: FrameDirection): boolean {
    const nowMs = this.#clock.monotonicMs();
    const kind = bytes <= CONTROL_BYTES ? 'control' : 'bulk';
    const name = `${kind} ${direction} ${peer}`;
    const { burstBytes, bytesPerSecond } = kind === 'control' ? CONTROL_TRICKLE : BULK_TRICKLE;
    let bucket = this.#trickles.get(name);
    if (bucket === undefined) {
      if (this.#trickles.size >= 4 * MAX_PEERS) this.#trickles.clear();
      bucket = new TokenBucket({ perSecond: bytesPerSecond, burst: burstBytes }, nowMs);
      this.#trickles.set(name, bucket);
    }
    return bucket.take(bytes, nowMs);
  }

  /** A new day starts from nothing. A clock set back keeps the day it was on, so that setting it gives no second budget. */
  #turnDay(): void {
    const day = dayOf(this.#clock);
    if (day <= this.#day) return;
    this.#day = day;
    this.#spent.clear();
    this.#told.clear();
    this.#trickles.clear();
    this.#totalBytes = 0;
  }
}

const dayOf = (clock: Clock): number => Math.floor(clock.nowMs() / DAY_MS);
