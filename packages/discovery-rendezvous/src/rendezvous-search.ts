import type { Candidate, Clock, EndpointId, OpenSearch, RelayUrl, SearchReport } from '@bowline/contracts';

/** What a {@link RendezvousSearch} is made from. */
export interface RendezvousSearchComponents {
  readonly clock: Clock;
  readonly endpointId: EndpointId;
  /** In the order to offer them; at least one. */
  readonly relayUrls: readonly RelayUrl[];
  readonly staggerMs: number;
  readonly timeoutMs: number;
  readonly tell: (candidate: Candidate) => void;
}

/**
 * One open search: offers the relays one after the other, and stays open until its time is over, because a dial may
 * take as long as the search does.
 *
 * Every candidate holds the relays of the one before it and one more. A dial of the newest candidate alone therefore
 * tries all relays offered so far, and a dialler that knows a relay already has it costs nothing.
 */
export class RendezvousSearch implements OpenSearch {
  readonly #components: RendezvousSearchComponents;
  readonly #report: PromiseWithResolvers<SearchReport> = Promise.withResolvers();
  #timers: { readonly timeout: () => void; offer: () => void } | null = null;
  #offeredCount = 0;

  constructor(components: RendezvousSearchComponents) {
    this.#components = components;
  }

  begin(): Promise<SearchReport> {
    const { clock, timeoutMs } = this.#components;
    const timeout = clock.setTimer(timeoutMs, () => this.end(this.#timeoutSummary()));
    this.#timers = { timeout, offer: () => undefined };
    this.#offerNext(this.#timers);
    return this.#report.promise;
  }

  end(summary: string): void {
    if (this.#timers === null) return;
    this.#timers.timeout();
    this.#timers.offer();
    this.#timers = null;
    this.#report.resolve({ source: 'rendezvous', candidateCount: this.#offeredCount, summary });
  }

  #offerNext(timers: { offer: () => void }): void {
    const { clock, endpointId, relayUrls, staggerMs, tell } = this.#components;
    this.#offeredCount += 1;
    if (this.#offeredCount < relayUrls.length) {
      timers.offer = clock.setTimer(staggerMs, () => this.#offerNext(timers));
    }
    const address = { endpointId, relayUrls: relayUrls.slice(0, this.#offeredCount), directAddresses: [] };
    tell({ source: 'rendezvous', kind: 'rendezvous', address });
  }

  #timeoutSummary(): string {
    const { relayUrls, timeoutMs } = this.#components;
    const offered = relayUrls.slice(0, this.#offeredCount).map((relayUrl) => new URL(relayUrl).host);
    const relays = `${offered.length === 1 ? 'relay' : 'relays'} ${offered.join(', ')}`;
    return `nobody there in ${describeSeconds(timeoutMs)} on ${relays}`;
  }
}

const describeSeconds = (durationMs: number): string => `${Math.round(durationMs / 100) / 10} s`;
