import type { Candidate, Clock, EndpointId, SearchReport, SocketAddress } from '@bowline/contracts';
import type { SeenRecord } from './seen-record.ts';

/** What a {@link TagSearch} is made from. */
export interface TagSearchInit {
  readonly clock: Clock;
  readonly lanTag: string;
  readonly timeoutMs: number;
  readonly tell: (candidate: Candidate) => void;
  /** Where was looked, for the report: "on eth0, wlan0", or why nothing could be. */
  readonly describePlace: () => string;
  /** Called once, before the report is given. */
  readonly onEnd: () => void;
}

/** Endpoints one search tells at most. Anybody nearby can repeat a tag, and each candidate is dialled. */
const MAX_ENDPOINTS = 32;

/** Of which one neighbour can claim so many: it cannot crowd out the right one. */
const MAX_ENDPOINTS_PER_SOURCE = 4;

/** Addresses told of one endpoint at most. */
const MAX_ADDRESSES = 16;

interface ToldEndpoint {
  readonly sourceAddress: string;
  readonly addresses: Set<SocketAddress>;
}

/** One open search: tells each address shown with the code's tag once, until its time is over. */
export class TagSearch {
  readonly #init: TagSearchInit;
  readonly #report: PromiseWithResolvers<SearchReport> = Promise.withResolvers();
  readonly #told = new Map<EndpointId, ToldEndpoint>();
  #cancelTimeout: (() => void) | null;
  #candidateCount = 0;

  constructor(init: TagSearchInit) {
    this.#init = init;
    this.#cancelTimeout = init.clock.setTimer(init.timeoutMs, () => this.end(this.#timeoutSummary()));
  }

  /** How the search ended; it never rejects. */
  get report(): Promise<SearchReport> {
    return this.#report.promise;
  }

  /** Tells what is new about a record that shows the tag. */
  offer(seen: SeenRecord): void {
    if (this.#cancelTimeout === null || seen.lanTag !== this.#init.lanTag) return;
    const told = this.#told.get(seen.endpointId) ?? this.#admit(seen);
    if (told === undefined) return;
    const fresh = seen.directAddresses
      .filter((address) => !told.addresses.has(address))
      .slice(0, MAX_ADDRESSES - told.addresses.size);
    if (fresh.length === 0) return;
    for (const address of fresh) told.addresses.add(address);
    this.#candidateCount += 1;
    const address = { endpointId: seen.endpointId, relayUrls: [], directAddresses: fresh };
    this.#init.tell({ source: 'mdns', kind: 'device', address });
  }

  /** Answers now; a second call does nothing. @param summary see {@link SearchReport.summary} */
  end(summary: string): void {
    if (this.#cancelTimeout === null) return;
    this.#cancelTimeout();
    this.#cancelTimeout = null;
    this.#init.onEnd();
    this.#report.resolve({ source: 'mdns', candidateCount: this.#candidateCount, summary });
  }

  #admit({ endpointId, sourceAddress }: SeenRecord): ToldEndpoint | undefined {
    const fromSource = [...this.#told.values()].filter((told) => told.sourceAddress === sourceAddress).length;
    if (this.#told.size >= MAX_ENDPOINTS || fromSource >= MAX_ENDPOINTS_PER_SOURCE) return undefined;
    const told: ToldEndpoint = { sourceAddress, addresses: new Set() };
    this.#told.set(endpointId, told);
    return told;
  }

  #timeoutSummary(): string {
    const seconds = `${Math.round(this.#init.timeoutMs / 100) / 10} s`;
    const outcome = this.#candidateCount === 0 ? 'no answer' : `${this.#candidateCount} found`;
    return `${outcome} in ${seconds} ${this.#init.describePlace()}`;
  }
}
