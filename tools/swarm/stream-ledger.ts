/** A way through a stream: to the device that serves it, and back to the one that opened it. */
export type StreamDirection = 'there' | 'back';

/** What has come of one direction. */
interface Arrived {
  bytes: number;
  hasEnded: boolean;
}

/** One stream of the swarm. What goes there comes back, byte for byte. */
export interface StreamAccount {
  readonly number: number;
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
  readonly arrived: Readonly<Record<StreamDirection, Arrived>>;
  /** When its opener had written everything, and ended it; `null`: it has not. */
  writtenAtMs: number | null;
  /** The devices that are not done with it. */
  readonly open: Set<string>;
  /** Something happened that no stream outlives. */
  isExcused: boolean;
}

/** The number of a stream is what its first bytes say. */
export const STREAM_NUMBER_BYTES = 4;

/** Where something happened that no stream outlives, its other side may take so long to give it up, milliseconds. */
const GIVEN_UP_MS = 400_000;

/** Keeps the account of every stream: all bytes arrive, in order, once; both directions end; and nothing is left open. */
export class StreamLedger {
  readonly #accounts = new Map<number, StreamAccount>();
  /** Until when a device may have streams of which nothing is known here. */
  readonly #uncertainUntilMs = new Map<string, number>();
  readonly #breach: (what: string) => void;
  #lastNumber = 0;
  endedCount = 0;

  constructor(breach: (what: string) => void) {
    this.#breach = breach;
  }

  begin(from: string, to: string, sizeBytes: number): StreamAccount {
    this.#lastNumber += 1;
    const account: StreamAccount = {
      number: this.#lastNumber,
      from,
      to,
      sizeBytes,
      arrived: { there: { bytes: 0, hasEnded: false }, back: { bytes: 0, hasEnded: false } },
      writtenAtMs: null,
      open: new Set([from, to]),
      isExcused: false,
    };
    this.#accounts.set(account.number, account);
    return account;
  }

  /** The stream that begins with these bytes. */
  of(first: Buffer): StreamAccount | undefined {
    return this.#accounts.get(first.readUInt32BE(0));
  }

  arrived(account: StreamAccount, direction: StreamDirection, bytes: Uint8Array): void {
    const arrived = account.arrived[direction];
    for (let index = 0; index < bytes.length; index += 1) {
      if (bytes[index] === byteAt(account.number, arrived.bytes + index)) continue;
      this.#breach(`${nameOf(account)}, ${direction}: byte ${arrived.bytes + index} is another one`);
      return;
    }
    arrived.bytes += bytes.length;
    if (arrived.bytes > account.sizeBytes) this.#breach(`${nameOf(account)}, ${direction}: more came than was written`);
  }

  /** A direction has ended, as its reader was told. */
  ended(account: StreamAccount, direction: StreamDirection): void {
    const arrived = account.arrived[direction];
    arrived.hasEnded = true;
    if (arrived.bytes === account.sizeBytes) return;
    this.#breach(`${nameOf(account)}, ${direction}: ended after ${arrived.bytes} of ${account.sizeBytes} bytes`);
  }

  /** A device is done with it, in order. */
  done(account: StreamAccount, device: string): void {
    account.open.delete(device);
    if (account.open.size > 0) return;
    this.endedCount += 1;
    this.#accounts.delete(account.number);
  }

  /** It has failed on one side. Who has everything may miss the last word of the other one, which has forgotten it by then. */
  failed(account: StreamAccount, device: string, code: string): void {
    const { there, back } = account.arrived;
    if (account.isExcused || (there.hasEnded && back.hasEnded)) this.done(account, device);
    else this.#breach(`${nameOf(account)} failed on ${device}: ${code}`);
  }

  /** Nothing is expected any more of the streams of a device, or of those with one other. */
  excuse(device: string, other: string | null, nowMs: number): void {
    for (const account of this.#accounts.values()) {
      const sides = [account.from, account.to];
      if (sides.includes(device) && (other === null || sides.includes(other))) this.withdraw(account, nowMs);
    }
  }

  /** Nothing is expected of it any more. */
  withdraw(account: StreamAccount, nowMs: number): void {
    account.isExcused = true;
    this.#accounts.delete(account.number);
    for (const device of [account.from, account.to]) this.#uncertainUntilMs.set(device, nowMs + GIVEN_UP_MS);
  }

  /** The two have been linked without a break since `sinceMs`: what was ended before must be over on both sides. */
  settle(one: string, other: string, sinceMs: number): void {
    for (const account of this.#between(one, other)) {
      if (account.writtenAtMs === null || account.writtenAtMs >= sinceMs) continue;
      const { there, back } = account.arrived;
      this.#breach(
        `${nameOf(account)} is still open on ${[...account.open].join(' and ')}: ${there.bytes} bytes there, ${back.bytes} back`,
      );
    }
  }

  /** A device says how many streams it has open with another one. */
  counted(device: string, other: string, count: number, nowMs: number): void {
    const isCertain = [device, other].every((each) => nowMs >= (this.#uncertainUntilMs.get(each) ?? 0));
    const most = this.#between(device, other).length;
    if (isCertain && count > most) this.#breach(`${device} has ${count} streams open with ${other}, and ${most} are`);
  }

  #between(one: string, other: string): readonly StreamAccount[] {
    return [...this.#accounts.values()].filter(({ from, to }) =>
      [from, to].every((device) => device === one || device === other),
    );
  }
}

/** A part of what a stream carries: its number, and then what follows from the number and the position alone. */
export const streamBytes = ({ number }: StreamAccount, fromByte: number, toByte: number): Uint8Array => {
  const bytes = new Uint8Array(toByte - fromByte);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = byteAt(number, fromByte + index);
  return bytes;
};

const byteAt = (number: number, position: number): number =>
  position < STREAM_NUMBER_BYTES
    ? (number >>> (8 * (STREAM_NUMBER_BYTES - 1 - position))) & 0xff
    : Math.imul(position + Math.imul(number, 0x9e3779b1), 0x85ebca6b) >>> 24;

const nameOf = ({ number, from, to }: StreamAccount): string => `stream ${number} from ${from} to ${to}`;
