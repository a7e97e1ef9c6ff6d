import {
  type Candidate,
  type Clock,
  type EndpointId,
  type HostPort,
  type OpenSearch,
  parseSocketAddress,
  type SearchReport,
  type SocketAddress,
  socketAddressOf,
} from '@bowline/contracts';
import type { ResolveHost } from './resolve-host.ts';

/** Addresses of one host that are offered, the first ones: more than a host has, fewer than a resolver could make up. */
const MAX_ADDRESSES = 8;

/** Pause before a name that is not known is looked up again, milliseconds. */
const RETRY_MS = 1_000;

/** What an {@link AddressSearch} is made from. */
export interface AddressSearchComponents {
  readonly clock: Clock;
  readonly endpointId: EndpointId;
  /** At least one. */
  readonly places: readonly HostPort[];
  readonly timeoutMs: number;
  readonly resolveHost: ResolveHost;
  readonly tell: (candidate: Candidate) => void;
}

/**
 * One open search: looks up every host, tells its addresses, and stays open until its time is over, because a dial may
 * take as long as the search does.
 */
export class AddressSearch implements OpenSearch {
  readonly #components: AddressSearchComponents;
  readonly #report: PromiseWithResolvers<SearchReport> = Promise.withResolvers();
  /** What ends the time, and the pauses between look-ups, by place; `null` once the search is over. */
  #timers: { readonly timeout: () => void; readonly pauses: Map<HostPort, () => void> } | null = null;
  readonly #found = new Map<HostPort, readonly SocketAddress[]>();

  constructor(components: AddressSearchComponents) {
    this.#components = components;
  }

  begin(): Promise<SearchReport> {
    const { clock, timeoutMs, places } = this.#components;
    const timeout = clock.setTimer(timeoutMs, () => this.end(this.#timeoutSummary()));
    this.#timers = { timeout, pauses: new Map() };
    for (const place of places) void this.#look(place);
    return this.#report.promise;
  }

  end(summary: string): void {
    if (this.#timers === null) return;
    this.#timers.timeout();
    for (const cancel of this.#timers.pauses.values()) cancel();
    this.#timers = null;
    this.#report.resolve({ source: 'address', candidateCount: this.#found.size, summary });
  }

  async #look(place: HostPort): Promise<void> {
    const addresses = await this.#addressesOf(place);
    const timers = this.#timers;
    if (timers === null) return;
    if (addresses.length > 0) this.#tell(place, addresses);
    else
      timers.pauses.set(
        place,
        this.#components.clock.setTimer(RETRY_MS, () => void this.#look(place)),
      );
  }

  /** None while the host is not known: the report says so in the end. */
  async #addressesOf({ host, port }: HostPort): Promise<readonly SocketAddress[]> {
    const resolved = await this.#components.resolveHost(host).catch(() => []);
    const addresses = resolved.map((ip) => parseSocketAddress(socketAddressOf(ip, port)));
    return [...new Set(addresses.filter((address) => address !== undefined))].slice(0, MAX_ADDRESSES);
  }

  #tell(place: HostPort, directAddresses: readonly SocketAddress[]): void {
    const { endpointId, tell } = this.#components;
    this.#found.set(place, directAddresses);
    tell({ source: 'address', kind: 'rendezvous', address: { endpointId, directAddresses, relayUrls: [] } });
  }

  #timeoutSummary(): string {
    const { places, timeoutMs } = this.#components;
    return places
      .map((place) => {
        const found = this.#found.get(place);
        const name = socketAddressOf(place.host, place.port);
        if (found === undefined) return `${name}: no address is known for that name`;
        const asked = found.some((address) => address === name) ? name : `${name} (${found.join(', ')})`;
        return `no answer in ${Math.round(timeoutMs / 100) / 10} s at ${asked}`;
      })
      .join(', ');
  }
}
