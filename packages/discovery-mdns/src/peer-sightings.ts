import type { Clock, EndpointId, SocketAddress } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import { RECORD_LIFE_MS } from './heard-records.ts';
import type { SeenRecord } from './seen-record.ts';

/**
 * Neighbours remembered that show one device: its own interfaces, and whoever repeats what it shows. The one unheard for
 * longest is forgotten first.
 */
const MAX_SOURCES = 16;

interface Sighting {
  readonly seen: SeenRecord;
  /** The name of another record of the same neighbour: presence, or a code that is open. */
  readonly otherInstance: string | null;
  readonly heardAtMs: number;
}

/**
 * Where paired devices were heard lately. Of each neighbour the newest record counts, so that one who repeats what a device
 * shows adds two addresses to the right ones, however much is sent; and what is said of strangers takes no place here.
 */
export class PeerSightings {
  readonly #clock: Clock;
  readonly #sources = new Map<EndpointId, BoundedMap<string, Sighting>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns whether the record is new, has come back, or has changed */
  note(endpointId: EndpointId, seen: SeenRecord): boolean {
    const sources = this.#sources.get(endpointId) ?? new BoundedMap<string, Sighting>(MAX_SOURCES);
    this.#sources.set(endpointId, sources);
    const before = sources.get(seen.sourceAddress);
    const isSameInstance = before?.seen.instance === seen.instance;
    const otherInstance = (isSameInstance ? before.otherInstance : before?.seen.instance) ?? null;
    sources.set(seen.sourceAddress, { seen, otherInstance, heardAtMs: this.#clock.monotonicMs() });
    const known = this.#fresh(before);
    const isNewName = !isSameInstance && before?.otherInstance !== seen.instance;
    return known === undefined || isNewName || known.directAddresses.join() !== seen.directAddresses.join();
  }

  /** Where a device was heard lately, newest first: who sent its records, then what those claim. */
  addressesOf(endpointId: EndpointId): readonly SocketAddress[] {
    const lists = [...(this.#sources.get(endpointId)?.values() ?? [])]
      .map((sighting) => this.#fresh(sighting)?.directAddresses ?? [])
      .reverse();
    return [...new Set([...lists.flatMap((list) => list.slice(0, 1)), ...lists.flatMap((list) => list.slice(1))])];
  }

  /** A record said goodbye; only who sent it can. */
  forget(instance: string, sourceAddress: string): void {
    for (const sources of this.#sources.values()) {
      if (sources.get(sourceAddress)?.seen.instance === instance) sources.delete(sourceAddress);
    }
  }

  delete(endpointId: EndpointId): void {
    this.#sources.delete(endpointId);
  }

  clear(): void {
    this.#sources.clear();
  }

  #fresh(sighting: Sighting | undefined): SeenRecord | undefined {
    const isFresh = sighting !== undefined && this.#clock.monotonicMs() - sighting.heardAtMs <= RECORD_LIFE_MS;
    return isFresh ? sighting.seen : undefined;
  }
}
