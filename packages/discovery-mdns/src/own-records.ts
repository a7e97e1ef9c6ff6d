import type { EndpointId } from '@bowline/contracts';
import type { SeenRecord } from './seen-record.ts';

/** Endpoint ids remembered as ours. A device has one; a rebuilt endpoint may bring another. */
const MAX_ENDPOINT_IDS = 16;

/** Tags remembered as ours: those of the last hours, and of keys that were made anew. */
const MAX_TAGS = 16;

/** Tells our own records from others: multicast comes back to its sender, and goodbyes are answered late. */
export class OwnRecords {
  readonly #endpointIds = new Set<EndpointId>();
  readonly #presenceTags = new Set<string>();

  /** This endpoint is ours from now on, also after its record was withdrawn. */
  add(endpointId: EndpointId): void {
    addNewest(this.#endpointIds, endpointId, MAX_ENDPOINT_IDS);
  }

  /** The same for what is shown within an hour. */
  addTag(presenceTag: string): void {
    addNewest(this.#presenceTags, presenceTag, MAX_TAGS);
  }

  includes(seen: SeenRecord): boolean {
    const { endpointId, presenceTag } = seen;
    return (
      (endpointId !== null && this.#endpointIds.has(endpointId)) ||
      (presenceTag !== null && this.#presenceTags.has(presenceTag))
    );
  }
}

const addNewest = <T>(set: Set<T>, value: T, most: number): void => {
  set.delete(value);
  set.add(value);
  const [oldest] = set;
  if (oldest !== undefined && set.size > most) set.delete(oldest);
};
