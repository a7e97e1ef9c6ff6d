import type { Clock, EndpointId } from '@bowline/contracts';
import { BoundedMap, TokenBucket } from '@bowline/limits';

/** Tellings of one device: all that an honest one causes at once, and what a forger may cause for ever. */
const TELL_RATE = { perSecond: 1, burst: 4 };

/** Devices whose tellings are counted; the one told longest ago is forgotten first. */
const MAX_DEVICES = 256;

interface Pace {
  readonly bucket: TokenBucket;
  cancel: (() => void) | null;
}

/** Lets each device be told of at once, and of one that changes all the time now and then: what it is told with is read then. */
export class SightingPace {
  readonly #clock: Clock;
  readonly #tell: (endpointId: EndpointId) => void;
  readonly #paces = new BoundedMap<EndpointId, Pace>(MAX_DEVICES, (_endpointId, pace) => pace.cancel?.());

  constructor(clock: Clock, tell: (endpointId: EndpointId) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** There is news of a device. */
  tellSoon(endpointId: EndpointId): void {
    const nowMs = this.#clock.monotonicMs();
    const pace = this.#paces.get(endpointId) ?? { bucket: new TokenBucket(TELL_RATE, nowMs), cancel: null };
    this.#paces.set(endpointId, pace);
    if (pace.cancel !== null) return;
    if (pace.bucket.take(1, nowMs)) {
      this.#tell(endpointId);
      return;
    }
    const tellNow = (): void => {
      pace.cancel = null;
      this.tellSoon(endpointId);
    };
    pace.cancel = this.#clock.setTimer(pace.bucket.waitMs(1, nowMs), tellNow, { unref: true });
  }

  stop(): void {
    for (const { cancel } of this.#paces.values()) cancel?.();
    this.#paces.clear();
  }
}
