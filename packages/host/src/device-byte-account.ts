import type { ByteCount, DeviceBytes, DeviceId } from '@bowline/contracts';

/** Who counts bytes: on its connections, or for whole devices. */
export type ByteSource = 'endpoint' | 'tcp' | 'switchboard';

/** What one connection, or the relays for one device, have carried in all. */
export interface Carried {
  /** Which of the source's counts it is. */
  readonly id: string;
  readonly deviceId: DeviceId;
  readonly carried: ByteCount;
}

/** What went to and from one device, both ways it can go. */
type Sums = Pick<DeviceBytes, 'direct' | 'relayed'>;

/** None either way. */
export const NO_BYTES: ByteCount = Object.freeze({ sentBytes: 0, receivedBytes: 0 });

/**
 * What went between this device and each other one since `sinceMs`. Counts that go on are held as they were told last, and
 * are added up once, when they are over: connections end, and workers begin anew at nothing. It grows with the devices that
 * are paired meanwhile, and not with what happens to them; of strangers nothing is kept.
 */
export class DeviceByteAccount {
  readonly #sinceMs: number;
  readonly #ended = new Map<DeviceId, Sums>();
  readonly #running: Readonly<Record<ByteSource, Map<string, Carried>>> = {
    endpoint: new Map(),
    tcp: new Map(),
    switchboard: new Map(),
  };

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
  }

  /** A device is paired. It is known until this device stops: what it carried before it was unpaired and paired anew is its own. */
  know(deviceId: DeviceId): void {
    if (!this.#ended.has(deviceId)) this.#ended.set(deviceId, { direct: NO_BYTES, relayed: NO_BYTES });
  }

  /** Every count of a source that goes on; one that was there before and is not any more is over. */
  noteRunning(source: ByteSource, counts: readonly Carried[]): void {
    const before = [...this.#running[source].values()];
    this.#running[source].clear();
    for (const count of counts) if (this.#ended.has(count.deviceId)) this.#running[source].set(count.id, count);
    for (const count of before) if (!this.#running[source].has(count.id)) this.#add(source, count);
  }

  /** One is over, with what it came to. */
  noteEnded(source: ByteSource, last: Carried): void {
    this.#running[source].delete(last.id);
    this.#add(source, last);
  }

  /** What went to and from each device since it began. */
  report(): ReadonlyMap<DeviceId, DeviceBytes> {
    const sums = new Map(this.#ended);
    for (const source of ['endpoint', 'tcp', 'switchboard'] as const) {
      for (const { deviceId, carried } of this.#running[source].values()) addTo(sums, source, deviceId, carried);
    }
    return new Map(Array.from(sums, ([id, sum]) => [id, { sinceMs: this.#sinceMs, ...sum }]));
  }

  #add(source: ByteSource, { deviceId, carried }: Carried): void {
    addTo(this.#ended, source, deviceId, carried);
  }
}

const addTo = (sums: Map<DeviceId, Sums>, source: ByteSource, deviceId: DeviceId, carried: ByteCount): void => {
  const known = sums.get(deviceId);
  if (known === undefined) return;
  const kind = source === 'switchboard' ? 'relayed' : 'direct';
  const { sentBytes, receivedBytes } = known[kind];
  const sum = { sentBytes: sentBytes + carried.sentBytes, receivedBytes: receivedBytes + carried.receivedBytes };
  sums.set(deviceId, { ...known, [kind]: sum });
};
