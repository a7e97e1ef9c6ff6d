import {
  type Clock,
  type Emit,
  LEAST_RELAY_BUDGET_BYTES,
  parseEndpointId,
  type RelayBudget,
  type RelaySwitchboardChannel,
  type RelayUrl,
  type SpentToday,
  type TrafficReport,
} from '@bowline/contracts';
import {
  contentBytesOfFrame,
  endpointIdOfKey,
  keyOfEndpointId,
  type RouteKey,
  routeKeyOf,
} from '@bowline/relay-protocol';
import { DailyBudget, type FrameDirection } from './daily-budget.ts';
import { SwitchboardRequestError } from './errors.ts';
import { type TrafficDirection, TrafficMeter } from './traffic-meter.ts';

/** What goes through relays: counted, and held to a budget if there is one. */
export class TrafficAccount {
  readonly #meter = new TrafficMeter();
  readonly #budget: DailyBudget;
  #keptOff: ReadonlySet<RouteKey> = new Set();

  constructor(clock: Clock, emit: Emit<RelaySwitchboardChannel>) {
    this.#budget = new DailyBudget(clock, ({ level, limitBytes, peer, spentBytes }) =>
      emit('budget.crossed', {
        scope: peer === null ? 'total' : 'peer',
        endpointId: peer === null ? null : idOfRoute(peer),
        level,
        spentBytes,
        limitBytes,
      }),
    );
  }

  /** Counts a datagram frame. @param relay `null` for a frame that had no relay to go to */
  count(direction: TrafficDirection, frame: Uint8Array, peer: RouteKey, relay: RelayUrl | null): void {
    this.#meter.count(direction, frame, peer, relay);
    if (direction !== 'dropped') this.#budget.spend(peer, contentBytesOfFrame(frame));
  }

  /** The paired devices, in place of those told before: whatever strangers do, each has its account. @param keptOff those of whom nothing may pass */
  setPaired(paired: ReadonlySet<RouteKey>, keptOff: ReadonlySet<RouteKey>): void {
    this.#meter.setPaired(paired);
    this.#budget.setPaired(paired);
    this.#keptOff = keptOff;
  }

  /** Whether the peer may use relays, and the budget lets a datagram frame pass. */
  admits(frame: Uint8Array, peer: RouteKey, direction: FrameDirection): boolean {
    return !this.#keptOff.has(peer) && this.#budget.admits(peer, contentBytesOfFrame(frame), direction);
  }

  /** @throws {@link SwitchboardRequestError} */
  limit(budget: RelayBudget | null, spentToday: readonly SpentToday[]): void {
    for (const [field, bytes] of Object.entries(budget ?? {})) {
      if (bytes === null || (Number.isFinite(bytes) && bytes >= LEAST_RELAY_BUDGET_BYTES)) continue;
      throw new SwitchboardRequestError(field, `must be null or at least ${LEAST_RELAY_BUDGET_BYTES} bytes`);
    }
    const spent = new Map<RouteKey, number>();
    for (const { bytes, endpointId } of spentToday) {
      if (parseEndpointId(endpointId) === undefined || !(Number.isFinite(bytes) && bytes >= 0)) {
        throw new SwitchboardRequestError('spentToday', 'must hold endpoint ids with bytes, 0 or more');
      }
      spent.set(routeKeyOf(keyOfEndpointId(endpointId)), bytes);
    }
    this.#budget.limit(budget, spent);
  }

  report(): TrafficReport {
    return {
      total: this.#meter.total,
      relays: [...this.#meter.relays].map(([url, traffic]) => ({ url, traffic: { ...traffic } })),
      peers: [...this.#meter.peers].map(([peer, traffic]) => ({
        endpointId: idOfRoute(peer),
        traffic: { ...traffic },
        spentTodayBytes: this.#budget.spentBy(peer),
      })),
      spentTodayBytes: this.#budget.totalBytes,
      budget: this.#budget.budget,
    };
  }
}

const idOfRoute = (peer: RouteKey): ReturnType<typeof endpointIdOfKey> => endpointIdOfKey(Buffer.from(peer, 'latin1'));
