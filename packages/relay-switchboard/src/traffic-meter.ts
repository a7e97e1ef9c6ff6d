import type { RelayUrl, TrafficCount } from '@bowline/contracts';
import { contentBytesOfFrame, datagramCountOfFrame, type RouteKey } from '@bowline/relay-protocol';

/** Which column a frame is counted in. */
export type TrafficDirection = 'sent' | 'received' | 'dropped';

const ZERO: TrafficCount = Object.freeze({
  sentDatagrams: 0,
  sentBytes: 0,
  receivedDatagrams: 0,
  receivedBytes: 0,
  droppedDatagrams: 0,
  droppedBytes: 0,
});

/** Strangers and relays counted one by one; the rest is in the total alone, so that nobody can make the meter grow. */
const MAX_LINES = 4_096;

/** The one place where traffic is counted. A frame sent over two relays counts twice: that is what was sent. */
export class TrafficMeter {
  readonly #peers = new Map<RouteKey, Mutable<TrafficCount>>();
  readonly #relays = new Map<RelayUrl, Mutable<TrafficCount>>();
  readonly #total: Mutable<TrafficCount> = { ...ZERO };
  #paired: ReadonlySet<RouteKey> = new Set();

  /** The paired devices, in place of those told before: each is counted, however many strangers there are. */
  setPaired(paired: ReadonlySet<RouteKey>): void {
    this.#paired = paired;
  }

  /** Counts a datagram frame. @param relay `null` for a frame that had no relay to go to */
  count(direction: TrafficDirection, frame: Uint8Array, peer: RouteKey, relay: RelayUrl | null): void {
    const datagrams = datagramCountOfFrame(frame);
    const bytes = contentBytesOfFrame(frame);
    add(this.#total, direction, datagrams, bytes);
    add(lineOf(this.#peers, peer, this.#paired), direction, datagrams, bytes);
    if (relay !== null) add(lineOf(this.#relays, relay), direction, datagrams, bytes);
  }

  get total(): TrafficCount {
    return { ...this.#total };
  }

  get peers(): ReadonlyMap<RouteKey, TrafficCount> {
    return this.#peers;
  }

  get relays(): ReadonlyMap<RelayUrl, TrafficCount> {
    return this.#relays;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const lineOf = <Key>(
  lines: Map<Key, Mutable<TrafficCount>>,
  key: Key,
  alwaysCounted?: ReadonlySet<Key>,
): Mutable<TrafficCount> => {
  const known = lines.get(key);
  if (known !== undefined) return known;
  const line = { ...ZERO };
  if (lines.size < MAX_LINES || alwaysCounted?.has(key) === true) lines.set(key, line);
  return line;
};

const add = (line: Mutable<TrafficCount>, direction: TrafficDirection, datagrams: number, bytes: number): void => {
  switch (direction) {
    case 'sent':
      line.sentDatagrams += datagrams;
      line.sentBytes += bytes;
      return;
    case 'received':
      line.receivedDatagrams += datagrams;
      line.receivedBytes += bytes;
      return;
    case 'dropped':
      line.droppedDatagrams += datagrams;
      line.droppedBytes += bytes;
  }
};
