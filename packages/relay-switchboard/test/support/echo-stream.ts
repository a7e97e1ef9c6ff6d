import type { Connection } from '@number0/iroh/index.js';

/** What an echo stream saw. */
export interface EchoReport {
  readonly echoes: number;
  /** Longest time between two arriving echoes, milliseconds. */
  readonly longestGapMs: number;
}

/** Bytes of one numbered message. */
const MESSAGE_BYTES = 4;

/** Numbered messages every 20 ms over one stream, and the answers to them. */
export class EchoStream {
  readonly #finish: () => Promise<void>;
  #echoes = 0;
  #longestGapMs = 0;
  #lastAtMs = performance.now();
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  private constructor(finish: () => Promise<void>) {
    this.#finish = finish;
  }

  static async open(connection: Connection, everyMs = 20): Promise<EchoStream> {
    const stream = await connection.openBi();
    let isOpen = true;
    let sent = 0;
    // One after the other: writes that wait side by side may swap.
    let written: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      const message = Buffer.alloc(MESSAGE_BYTES);
      message.writeUInt32BE(sent);
      sent += 1;
      written = written.then(() => stream.send.writeAll([...message])).catch(() => undefined);
    }, everyMs);
    const echo = new EchoStream(async () => {
      clearInterval(timer);
      isOpen = false;
      await stream.send.finish();
    });
    const read = async (): Promise<void> => {
      let pending = Buffer.alloc(0);
      while (isOpen) {
        const bytes = await stream.recv.read(4_096);
        if (bytes.length === 0) return;
        pending = Buffer.concat([pending, Buffer.from(bytes)]);
        while (pending.length >= MESSAGE_BYTES) {
          echo.#arrived(pending.readUInt32BE(0));
          pending = pending.subarray(MESSAGE_BYTES);
        }
      }
    };
    read().catch(() => clearInterval(timer));
    return echo;
  }

  /** Resolves when `count` more echoes have arrived. */
  more(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ count: this.#echoes + count, resolve });
    });
  }

  /** Forgets the longest gap so far, e.g. that of the start. */
  resetGap(): void {
    this.#longestGapMs = 0;
    this.#lastAtMs = performance.now();
  }

  get report(): EchoReport {
    return { echoes: this.#echoes, longestGapMs: this.#longestGapMs };
  }

  close(): Promise<void> {
    return this.#finish();
  }

  #arrived(number: number): void {
    if (number !== this.#echoes) throw new Error(`echo ${number} came where ${this.#echoes} was due`);
    const nowMs = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastAtMs);
    this.#lastAtMs = nowMs;
    this.#echoes += 1;
    this.#waiters = this.#waiters.filter(({ count, resolve }) => {
      if (this.#echoes < count) return true;
      resolve();
      return false;
    });
  }
}
