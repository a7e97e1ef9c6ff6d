import type { RelayUrl } from '@bowline/contracts';
import { addLatencySample, EMPTY_LATENCY_WINDOW, type LatencyWindow, medianLatencyMs } from '@bowline/relay-policy';

/** How far back losses of a connection count against a relay, milliseconds. */
const LOSSES_COUNT_FOR_MS = 600_000;

/** Losses remembered at most; the policy does not look beyond the fifth. */
const MAX_LOSSES = 8;

/** What was learnt about one relay; it outlives single connections and is shared by all identities. */
export class RelayRecord {
  readonly url: RelayUrl;
  #latencies: LatencyWindow = EMPTY_LATENCY_WINDOW;
  #triedAtMs: number | null = null;
  #lossesAtMs: readonly number[] = [];

  constructor(url: RelayUrl) {
    this.url = url;
  }

  get latencies(): LatencyWindow {
    return this.#latencies;
  }

  /** Median round trip, milliseconds; `null` before the first. */
  get rttMs(): number | null {
    return medianLatencyMs(this.#latencies);
  }

  /** When it was last measured or last failed, monotonic milliseconds. */
  get triedAtMs(): number | null {
    return this.#triedAtMs;
  }

  /** @returns whether the relay may compare differently with others since */
  measured(rttMs: number, nowMs: number): boolean {
    const before = this.#latencies;
    this.#latencies = addLatencySample(before, rttMs);
    this.#triedAtMs = nowMs;
    const { medianMs, samplesMs } = this.#latencies;
    // The first ones do not count yet, and then they do.
    return medianMs !== before.medianMs || samplesMs.length !== before.samplesMs.length;
  }

  failed(nowMs: number): void {
    this.#triedAtMs = nowMs;
  }

  lost(nowMs: number): void {
    this.#triedAtMs = nowMs;
    this.#lossesAtMs = [...this.#lossesAtMs, nowMs].slice(-MAX_LOSSES);
  }

  recentLosses(nowMs: number): number {
    return this.#lossesAtMs.filter((atMs) => nowMs - atMs < LOSSES_COUNT_FOR_MS).length;
  }
}
