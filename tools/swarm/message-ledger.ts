/** How a message is sent: `kept` until it is delivered, or `passing`, which ends with its sender's patience. */
export type MessageKind = 'kept' | 'passing';

/** One message of the swarm, as its text names it. */
interface Message {
  readonly number: number;
  readonly kind: MessageKind;
  readonly atMs: number;
  isStored: boolean;
  /** Its sender has let go of it. */
  isReleased: boolean;
}

/** All messages from one device to another since they were paired. */
class Stream {
  readonly messages = new Map<number, Message>();
  nextNumber = 1;
  readonly lastStored: Record<MessageKind, number> = { kept: 0, passing: 0 };
  readonly lastHanded: Record<MessageKind, number> = { kept: 0, passing: 0 };
  generation = 1;
}

/** What must not happen to a message, and did. */
type Breach = (what: string) => void;

/**
 * Keeps the account of every message: none stored twice, none out of order, none said to have arrived that is not stored, and
 * every kept one delivered once its devices have been linked for long enough.
 */
export class MessageLedger {
  readonly #streams = new Map<string, Stream>();
  readonly #texts = new Map<string, Message>();
  readonly #breach: Breach;
  storedCount = 0;

  constructor(breach: Breach) {
    this.#breach = breach;
  }

  /** A message is about to be sent. @returns its text, and what its sender's answer is to be told to */
  begin(
    from: string,
    to: string,
    kind: MessageKind,
    nowMs: number,
  ): { readonly text: string; readonly confirm: () => void } {
    const stream = this.#streamOf(from, to);
    const { generation } = stream;
    const number = stream.nextNumber;
    stream.nextNumber += 1;
    const message: Message = { number, kind, atMs: nowMs, isStored: false, isReleased: false };
    const confirm = (): void => {
      if (stream.generation !== generation || message.isStored) return;
      this.#breach(`${nameOf(from, to, message)} was acknowledged and is not stored`);
    };
    if (kind === 'kept') stream.messages.set(number, message);
    this.#texts.set(`${from} ${to} ${generation} ${number}`, message);
    return { text: `${from} ${to} ${generation} ${number}`, confirm };
  }

  /** What could not be kept at all is nothing that can be lost. */
  withdraw(text: string): void {
    const message = this.#texts.get(text);
    const [from = '', to = ''] = text.split(' ');
    if (message !== undefined) this.#streamOf(from, to).messages.delete(message.number);
  }

  /** Its sender's disk has let go of it. */
  released(text: string): void {
    const { stream, message, from, to } = this.#find(text);
    if (stream === null || message === undefined) return;
    message.isReleased = true;
    stream.messages.delete(message.number);
    if (!message.isStored) this.#breach(`${nameOf(from, to, message)} was let go of and is not stored`);
  }

  /** A disk has taken it for good. */
  stored(text: string): void {
    const { stream, message, from, to, number } = this.#find(text);
    if (stream === null) return;
    this.storedCount += 1;
    // What was handed over and confirmed is forgotten here: it cannot come again.
    if (message === undefined || message.isStored) {
      this.#breach(`message ${number} from ${from} to ${to} was stored twice`);
      return;
    }
    if (message.number < stream.lastStored[message.kind]) {
      this.#breach(`${nameOf(from, to, message)} was stored after number ${stream.lastStored[message.kind]}`);
    }
    message.isStored = true;
    stream.lastStored[message.kind] = Math.max(stream.lastStored[message.kind], message.number);
  }

  /** The application has taken it. @param mayRepeat whether it may be the one that was being handed over when it was killed */
  handedOver(text: string, mayRepeat: boolean): void {
    const { stream, message, from, to } = this.#find(text);
    if (stream === null || message === undefined) return;
    const last = stream.lastHanded[message.kind];
    if (message.number < last || (message.number === last && !mayRepeat)) {
      this.#breach(`${nameOf(from, to, message)} was handed over after number ${last}`);
    }
    stream.lastHanded[message.kind] = Math.max(last, message.number);
    if (message.isReleased || message.kind === 'passing') this.#texts.delete(text);
  }

  /** The two have been linked without a break since `sinceMs`: what was kept before must have arrived, and its sender have let go of it. */
  settle(from: string, to: string, sinceMs: number): void {
    const stream = this.#streams.get(`${from} ${to}`);
    for (const message of stream?.messages.values() ?? []) {
      if (message.atMs >= sinceMs) return;
      const what = message.isStored ? 'has arrived, and its sender still keeps it' : 'was kept and never delivered';
      this.#breach(`${nameOf(from, to, message)} ${what}`);
    }
  }

  /** They are paired no more, or anew: nothing before counts. */
  forget(one: string, other: string): void {
    for (const stream of [this.#streamOf(one, other), this.#streamOf(other, one)]) {
      stream.generation += 1;
      stream.messages.clear();
    }
  }

  #streamOf(from: string, to: string): Stream {
    const name = `${from} ${to}`;
    const stream = this.#streams.get(name) ?? new Stream();
    this.#streams.set(name, stream);
    return stream;
  }

  /** Of a pairing that has ended there is no stream: whether its messages still arrive is nobody's concern. */
  #find(text: string) {
    const [from = '', to = '', generation, number] = text.split(' ');
    const stream = this.#streamOf(from, to);
    const isCurrent = Number(generation) === stream.generation;
    return { from, to, number, message: this.#texts.get(text), stream: isCurrent ? stream : null };
  }
}

const nameOf = (from: string, to: string, { number, kind }: Message): string =>
  `${kind} message ${number} from ${from} to ${to}`;
