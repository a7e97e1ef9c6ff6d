import type { Candidate, Clock, EndpointId, SearchReport } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import type { SeenRecord } from './seen-record.ts';

/** What a {@link TagSearch} is made from. */
export interface TagSearchComponents {
  readonly clock: Clock;
  readonly lanTag: string;
  readonly timeoutMs: number;
  readonly tell: (candidate: Candidate) => void;
  /** Where was looked, for the report: "on eth0, wlan0", or why nothing could be. */
  readonly describePlace: () => string;
  /** Why nobody can be found now, a sentence; `null` where somebody can. */
  readonly problem: () => string | null;
  /** Called once, before the report is given. */
  readonly onEnd: () => void;
}

/**
 * Anybody nearby can repeat a tag, and even the id beside it, and every candidate is dialled. So a search takes so many
 * addresses of one neighbour about one endpoint, and hears of so many endpoints from it. A sender's address can be made
 * up too: of more neighbours than it remembers, a search forgets the one longest unheard, and refuses none. Who dials
 * shares out the dials.
 */
const MAX_SOURCES = 32;
const MAX_ENDPOINTS_PER_SOURCE = 4;
const MAX_ADDRESSES_PER_ENDPOINT = 2;

/** Addresses remembered as told; one forgotten may be told again. */
const MAX_TOLD = 1_024;

/** One open search: tells each address shown with the code's tag once, until its time is over. */
export class TagSearch {
  readonly #components: TagSearchComponents;
  readonly #report: PromiseWithResolvers<SearchReport> = Promise.withResolvers();
  /** Endpoint ids and addresses, told already. */
  readonly #told = new Set<string>();
  /** For each neighbour, how many addresses were taken from it about which endpoint. */
  readonly #taken = new BoundedMap<string, Map<EndpointId, number>>(MAX_SOURCES);
  #cancelTimeout: (() => void) | null;
  #candidateCount = 0;

  constructor(components: TagSearchComponents) {
    this.#components = components;
    this.#cancelTimeout = components.clock.setTimer(components.timeoutMs, () => this.end(this.#timeoutSummary()));
  }

  get lanTag(): string {
    return this.#components.lanTag;
  }

  /** How the search ended; it never rejects. */
  get report(): Promise<SearchReport> {
    return this.#report.promise;
  }

  /** Tells what is new about a record that shows the tag. */
  offer(seen: SeenRecord): void {
    const { endpointId, directAddresses } = seen;
    if (this.#cancelTimeout === null || endpointId === null || seen.lanTag !== this.#components.lanTag) return;
    const unknown = directAddresses.filter((address) => !this.#told.has(`${endpointId} ${address}`));
    const fresh = unknown.slice(0, this.#take(seen.sourceAddress, endpointId, unknown.length));
    if (fresh.length === 0) return;
    for (const address of fresh) this.#told.add(`${endpointId} ${address}`);
    for (const told of this.#told) {
      if (this.#told.size <= MAX_TOLD) break;
      this.#told.delete(told);
    }
    this.#candidateCount += 1;
    const address = { endpointId, relayUrls: [], directAddresses: fresh };
    this.#components.tell({ source: 'mdns', kind: 'device', address });
  }

  /** Answers now; a second call does nothing. @param summary see {@link SearchReport.summary} */
  end(summary: string): void {
    if (this.#cancelTimeout === null) return;
    this.#cancelTimeout();
    this.#cancelTimeout = null;
    this.#components.onEnd();
    const problem = this.#candidateCount === 0 ? this.#components.problem() : null;
    const report = { source: 'mdns', candidateCount: this.#candidateCount, summary };
    this.#report.resolve(problem === null ? report : { ...report, problem });
  }

  /** Takes up to `count` addresses of what this neighbour says about this endpoint. @returns how many it may be */
  #take(sourceAddress: string, endpointId: EndpointId, count: number): number {
    const known = this.#taken.get(sourceAddress);
    const endpoints = known ?? new Map<EndpointId, number>();
    const takenBefore = endpoints.get(endpointId) ?? 0;
    if (takenBefore === 0 && endpoints.size >= MAX_ENDPOINTS_PER_SOURCE) return 0;
    const taken = Math.min(count, MAX_ADDRESSES_PER_ENDPOINT - takenBefore);
    endpoints.set(endpointId, takenBefore + taken);
    this.#taken.set(sourceAddress, endpoints);
    return taken;
  }

  #timeoutSummary(): string {
    const seconds = `${Math.round(this.#components.timeoutMs / 100) / 10} s`;
    const outcome = this.#candidateCount === 0 ? 'no answer' : `${this.#candidateCount} found`;
    return `${outcome} in ${seconds} ${this.#components.describePlace()}`;
  }
}
