import type { EndpointId } from '@bowline/contracts';
import type { SeenRecord } from './seen-record.ts';

/** Endpoint ids remembered as ours. A device has one; a rebuilt endpoint may bring another. */
const MAX_ENDPOINT_IDS = 16;

/** Tells our own records from others: multicast comes back to its sender, and goodbyes are answered late. */
export class OwnRecords {
  readonly #endpointIds = new Set<EndpointId>();

  /** This endpoint is ours from now on, also after its record was withdrawn. */
  add(endpointId: EndpointId): void {
    this.#endpointIds.delete(endpointId);
    this.#endpointIds.add(endpointId);
    const [oldest] = this.#endpointIds;
    if (oldest !== undefined && this.#endpointIds.size > MAX_ENDPOINT_IDS) this.#endpointIds.delete(oldest);
  }

  includes(seen: SeenRecord): boolean {
    return this.#endpointIds.has(seen.endpointId);
  }
}
