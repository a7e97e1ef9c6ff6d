import { BowlineError, brandAs, type DeviceId } from '@bowline/contracts';
import type { OwnStream } from '../../src/services/device-stream.ts';

/** Bytes written and not read from which on a writer waits. */
const BUFFER_BYTES = 1_048_576;

/** One direction: what is lent lies as it is until it is read, as on a real stream until it is acknowledged. */
class Direction {
  readonly #waiting: Uint8Array[] = [];
  #wake: (() => void)[] = [];
  #keptBytes = 0;
  #isEnded = false as boolean;
  #failure: Error | null = null;
  readBytes = 0;

  async write(bytes: Uint8Array): Promise<number> {
    this.#waiting.push(bytes);
    this.#keptBytes += bytes.byteLength;
    this.#changed();
    while (this.#keptBytes >= BUFFER_BYTES && this.#failure === null) await this.#change();
    if (this.#failure !== null) throw this.#failure;
    return this.#keptBytes;
  }

  end(): void {
    this.#isEnded = true;
    this.#changed();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#changed();
  }

  /** A copy of the next bytes; `null` at the end. */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const next = this.#waiting.shift();
      if (next !== undefined) {
        const bytes = new Uint8Array(next);
        this.#keptBytes -= bytes.byteLength;
        this.readBytes += bytes.byteLength;
        this.#changed();
        return bytes;
      }
      if (this.#isEnded) return null;
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #changed(): void {
    const woken = this.#wake;
    this.#wake = [];
    for (const wake of woken) wake();
  }
}

/** A stream within this process, with both its ends. */
export interface StreamPair {
  readonly near: OwnStream;
  readonly far: OwnStream;
  /** Bytes that the far end has read. */
  readonly arrivedBytes: () => number;
  /** Ends it for both, as when it is lost. */
  cut(): void;
}

export const streamPair = (): StreamPair => {
  const [there, back] = [new Direction(), new Direction()];
  const fail = (code: string): void => {
    for (const direction of [there, back]) direction.fail(new BowlineError({ code, message: code }));
  };
  const endOf = (own: Direction, other: Direction): OwnStream => ({
    service: 'test',
    device: { id: brandAs<DeviceId>('device'), name: 'device' },
    write: async (data) => void (await own.write(typeof data === 'string' ? Buffer.from(data) : new Uint8Array(data))),
    lend: (bytes) => own.write(bytes),
    end: async () => own.end(),
    reset: () => fail('STREAM_RESET'),
    readable: new ReadableStream(),
    writable: new WritableStream(),
    toNode: () => {
      throw new Error('not of Node');
    },
    async *[Symbol.asyncIterator]() {
      for (let bytes = await other.read(); bytes !== null; bytes = await other.read()) yield bytes;
    },
    [Symbol.asyncDispose]: async () => undefined,
  });
  return {
    near: endOf(there, back),
    far: endOf(back, there),
    arrivedBytes: () => there.readBytes,
    cut: () => fail('STREAM_LOST'),
  };
};
