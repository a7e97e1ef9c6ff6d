import { createHmac } from 'node:crypto';
import type { EndpointId, PresenceKey } from '@bowline/contracts';

/** How long one tag is announced, milliseconds: whoever listens can follow a device on one network for so long. */
export const PRESENCE_HOUR_MS = 3_600_000;

const LABEL = 'bowline presence tag 1';

/** Bytes of a tag: two devices of a million agree once in 2^88 hours. */
const TAG_BYTES = 16;

/** The hour since 1970 that a wall clock is in. */
export const presenceHour = (nowMs: number): number => Math.floor(nowMs / PRESENCE_HOUR_MS);

/**
 * What a device announces within one hour: 32 lower-case hexadecimal digits. Whoever has the key knows the device by it; to
 * all others it is a random number that has nothing to do with that of the next hour.
 */
export const presenceTag = (key: PresenceKey, hour: number): string => {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(hour));
  return createHmac('sha256', Buffer.from(key, 'hex'))
    .update(LABEL)
    .update(message)
    .digest()
    .subarray(0, TAG_BYTES)
    .toString('hex');
};

/**
 * The tags of all peers in the previous, this and the next hour, so that what is heard costs one look-up, however many
 * peers there are and however much is heard. Clocks may be an hour apart.
 */
export class PresenceTable {
  readonly #keys = new Map<EndpointId, PresenceKey>();
  readonly #peers = new Map<string, EndpointId>();
  #hour = Number.NaN;

  /** @returns whether that is news */
  set(endpointId: EndpointId, key: PresenceKey | null): boolean {
    if ((this.#keys.get(endpointId) ?? null) === key) return false;
    this.delete(endpointId);
    if (key === null) return true;
    this.#keys.set(endpointId, key);
    this.#add(endpointId, key);
    return true;
  }

  delete(endpointId: EndpointId): void {
    const key = this.#keys.get(endpointId);
    if (key === undefined) return;
    this.#keys.delete(endpointId);
    for (const hour of this.#hours()) this.#peers.delete(presenceTag(key, hour));
  }

  /** Whose tag it is now. @param nowMs wall clock */
  find(tag: string, nowMs: number): EndpointId | undefined {
    const hour = presenceHour(nowMs);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#peers.clear();
      for (const [endpointId, key] of this.#keys) this.#add(endpointId, key);
    }
    return this.#peers.get(tag);
  }

  clear(): void {
    this.#keys.clear();
    this.#peers.clear();
  }

  #hours(): readonly number[] {
    return Number.isNaN(this.#hour) ? [] : [this.#hour - 1, this.#hour, this.#hour + 1];
  }

  #add(endpointId: EndpointId, key: PresenceKey): void {
    for (const hour of this.#hours()) this.#peers.set(presenceTag(key, hour), endpointId);
  }
}
