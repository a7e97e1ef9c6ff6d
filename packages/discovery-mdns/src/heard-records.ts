import type { Clock, EndpointId, SocketAddress } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import type { SeenRecord } from './seen-record.ts';

/** Records remembered; the one not heard for longest is forgotten first. */
const MAX_RECORDS = 256;

/** How long a record counts after it was last heard, milliseconds: three of the slow questions. */
export const RECORD_LIFE_MS = 90_000;

/** Addresses told of one device, over all its interfaces. */
const MAX_DEVICE_ADDRESSES = 16;

interface KnownRecord {
  readonly seen: SeenRecord;
  readonly heardAtMs: number;
}

/**
 * What was heard lately, so that a repeated answer is no news and a search that opens need not wait for the next one.
 * A device that was killed says no goodbye, so records leave by age.
 */
export class HeardRecords {
  readonly #clock: Clock;
  readonly #records = new BoundedMap<string, KnownRecord>(MAX_RECORDS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Writes down what was heard. @returns whether the record is new, has come back, or has changed */
  note(seen: SeenRecord): boolean {
    this.#forgetOld();
    const known = this.#records.get(seen.instance);
    this.#records.set(seen.instance, { seen, heardAtMs: this.#clock.monotonicMs() });
    return known === undefined || !isSameRecord(known.seen, seen);
  }

  /** The record said goodbye; only who sent it can. */
  forget(instance: string, sourceAddress: string): void {
    if (this.#records.get(instance)?.seen.sourceAddress === sourceAddress) this.#records.delete(instance);
  }

  /** Everything heard lately, oldest first. */
  recent(): readonly SeenRecord[] {
    this.#forgetOld();
    return [...this.#records.values()].map(({ seen }) => seen);
  }

  /**
   * Where a device was heard lately, over all its interfaces, newest first. Who sent a record comes before what any
   * record claims: whoever borrows the device's id can add addresses, and not crowd out the right one.
   */
  addressesOf(endpointId: EndpointId): readonly SocketAddress[] {
    const lists = this.recent()
      .filter((seen) => seen.endpointId === endpointId)
      .map((seen) => seen.directAddresses)
      .reverse();
    const addresses = [...lists.flatMap((list) => list.slice(0, 1)), ...lists.flatMap((list) => list.slice(1))];
    return [...new Set(addresses)].slice(0, MAX_DEVICE_ADDRESSES);
  }

  clear(): void {
    this.#records.clear();
  }

  #forgetOld(): void {
    const oldestMs = this.#clock.monotonicMs() - RECORD_LIFE_MS;
    for (const [instance, { heardAtMs }] of this.#records) {
      if (heardAtMs >= oldestMs) return;
      this.#records.delete(instance);
    }
  }
}

const isSameRecord = (one: SeenRecord, other: SeenRecord): boolean =>
  one.endpointId === other.endpointId &&
  one.presenceTag === other.presenceTag &&
  one.lanTag === other.lanTag &&
  one.directAddresses.length === other.directAddresses.length &&
  one.directAddresses.every((address) => other.directAddresses.includes(address));
