import { brandAs, type RelayUrl } from '@bowline/contracts';
import {
  decideRelays,
  type PolicyRelay,
  RELAY_POLICY_DEFAULTS,
  type RelayDecision,
  type RelayHealth,
  UNKNOWN_RELAY_HEALTH,
} from '../src/index.ts';
import { addLatencySample, EMPTY_LATENCY_WINDOW } from '../src/latency-window.ts';

export const urlOf = (name: string): RelayUrl => brandAs<RelayUrl>(`https://${name}.example/`);

export const relay = (name: string, rest: Partial<PolicyRelay> = {}): PolicyRelay => ({
  url: urlOf(name),
  tier: 0,
  ...rest,
});

/** Relays with a state each, decided upon step by step; time moves by hand. */
export class PolicyWorld {
  readonly health = new Map<RelayUrl, RelayHealth>();
  readonly moves: RelayDecision[] = [];
  previous: RelayDecision | null = null;
  nowMs = 0;
  relays: readonly PolicyRelay[];

  constructor(relays: readonly PolicyRelay[]) {
    this.relays = relays;
  }

  patch(name: string, change: Partial<RelayHealth>): void {
    const url = urlOf(name);
    this.health.set(url, { ...(this.health.get(url) ?? UNKNOWN_RELAY_HEALTH), ...change });
  }

  up(name: string, ...samplesMs: readonly number[]): void {
    this.patch(name, { state: 'connected', connectedSinceMs: this.nowMs });
    for (const sampleMs of samplesMs) this.sample(name, sampleMs);
  }

  down(name: string): void {
    const losses = (this.health.get(urlOf(name))?.recentLosses ?? 0) + 1;
    this.patch(name, { state: 'down', connectedSinceMs: null, recentLosses: losses, triedAtMs: this.nowMs });
  }

  sample(name: string, rttMs: number): void {
    const latencies = this.health.get(urlOf(name))?.latencies ?? EMPTY_LATENCY_WINDOW;
    this.patch(name, { latencies: addLatencySample(latencies, rttMs), triedAtMs: this.nowMs });
  }

  decide(spreadKey = 'device'): RelayDecision {
    const decision = decideRelays({
      relays: this.relays,
      health: this.health,
      previous: this.previous,
      nowMs: this.nowMs,
      spreadKey,
      options: RELAY_POLICY_DEFAULTS,
    });
    if (decision.home !== (this.previous?.home ?? null)) this.moves.push(decision);
    this.previous = decision;
    return decision;
  }
}

export const fiveOf = (rttMs: number): readonly number[] => Array.from({ length: 5 }, () => rttMs);
