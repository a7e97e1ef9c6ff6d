/**
 * As much of the D-Bus wire format (D-Bus specification, "Message Protocol") as it takes to ask a service one question
 * with words in it: calls with strings, and answers whose body the caller reads.
 */

/** One call of a method. */
export interface DbusCall {
  readonly serial: number;
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** The arguments' types, and the arguments; only those of {@link DbusArgument}. */
  readonly arguments?: readonly DbusArgument[];
}

export type DbusArgument = string | Readonly<Record<string, string>>;

/** What came of a call. */
export interface DbusReply {
  readonly replySerial: number;
  /** Name of the error, or `null` for an answer. */
  readonly error: string | null;
  readonly body: Uint8Array;
}

/** Longest message read, bytes: answers to our questions have some hundred. */
export const MAX_DBUS_MESSAGE_BYTES = 65_536;

const LITTLE_ENDIAN = 'l'.charCodeAt(0);
const METHOD_CALL = 1;
const METHOD_RETURN = 2;
const ERROR = 3;

const FIELD = { path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5, destination: 6, signature: 8 } as const;

/** Bytes of a message before its header fields. */
const FIXED_BYTES = 16;

class Writer {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  align(to: number): this {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0);
    return this;
  }

  byte(value: number): this {
    this.#bytes.push(value);
    return this;
  }

  uint32(value: number): this {
    this.align(4);
    this.#bytes.push(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255);
    return this;
  }

  string(text: string): this {
    const bytes = Buffer.from(text, 'utf8');
    this.uint32(bytes.length);
    this.#bytes.push(...bytes, 0);
    return this;
  }

  signature(text: string): this {
    this.#bytes.push(text.length, ...Buffer.from(text, 'latin1'), 0);
    return this;
  }

  /** An array: its length in bytes comes before it, and is known after it. */
  array(alignment: number, write: () => void): this {
    this.uint32(0);
    const lengthAt = this.#bytes.length - 4;
    this.align(alignment);
    const from = this.#bytes.length;
    write();
    const sizeBytes = new Writer().uint32(this.#bytes.length - from).bytes();
    for (const [index, byte] of sizeBytes.entries()) this.#bytes[lengthAt + index] = byte;
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** A call as it goes out. */
export const dbusCallBytes = (call: DbusCall): Uint8Array => {
  const body = new Writer();
  const given = call.arguments ?? [];
  for (const argument of given) writeArgument(body, argument);
  const header = new Writer()
    .byte(LITTLE_ENDIAN)
    .byte(METHOD_CALL)
    .byte(0)
    .byte(1)
    .uint32(body.length)
    .uint32(call.serial);
  header.array(8, () => {
    const field = (code: number, type: 'o' | 's', value: string) =>
      header.align(8).byte(code).signature(type).string(value);
    field(FIELD.path, 'o', call.path);
    field(FIELD.destination, 's', call.destination);
    field(FIELD.interface, 's', call.interface);
    field(FIELD.member, 's', call.member);
    const types = given.map((argument) => (typeof argument === 'string' ? 's' : 'a{ss}')).join('');
    if (types !== '') header.align(8).byte(FIELD.signature).signature('g').signature(types);
  });
  return Buffer.concat([header.align(8).bytes(), body.bytes()]);
};

const writeArgument = (body: Writer, argument: DbusArgument): void => {
  if (typeof argument === 'string') {
    body.string(argument);
    return;
  }
  body.array(8, () => {
    for (const [name, value] of Object.entries(argument)) body.align(8).string(name).string(value);
  });
};

const aligned = (offset: number, to: number): number => Math.ceil(offset / to) * to;

/** How long the first message in `bytes` is; `undefined` while too little has come. @throws RangeError for one that is too long */
export const dbusMessageSize = (bytes: Buffer): number | undefined => {
  if (bytes.length < FIXED_BYTES) return undefined;
  if (bytes[0] !== LITTLE_ENDIAN) throw new RangeError('a message of another byte order');
  const sizeBytes = aligned(FIXED_BYTES + bytes.readUInt32LE(12), 8) + bytes.readUInt32LE(4);
  if (sizeBytes > MAX_DBUS_MESSAGE_BYTES) throw new RangeError('a message that is too long');
  return sizeBytes;
};

/** The answer in a whole message, or `undefined` for anything else, such as a signal. @throws RangeError for a broken one */
export const dbusReplyIn = (message: Buffer): DbusReply | undefined => {
  const type = message[1];
  if (type !== METHOD_RETURN && type !== ERROR) return undefined;
  const fieldsEnd = FIXED_BYTES + message.readUInt32LE(12);
  let replySerial: number | undefined;
  let errorName = '';
  for (let at = FIXED_BYTES; at < fieldsEnd; ) {
    at = aligned(at, 8);
    const code = message.readUInt8(at);
    const valueType = message.toString('latin1', at + 2, at + 2 + message.readUInt8(at + 1));
    at += 2 + valueType.length + 1;
    if (valueType === 'g') {
      at += 1 + message.readUInt8(at) + 1;
    } else if (valueType === 'u') {
      at = aligned(at, 4);
      if (code === FIELD.replySerial) replySerial = message.readUInt32LE(at);
      at += 4;
    } else if (valueType === 's' || valueType === 'o') {
      at = aligned(at, 4);
      const sizeBytes = message.readUInt32LE(at);
      if (code === FIELD.errorName) errorName = message.toString('utf8', at + 4, at + 4 + sizeBytes);
      at += 4 + sizeBytes + 1;
    } else {
      throw new RangeError('a header field of an unknown type');
    }
  }
  if (replySerial === undefined) throw new RangeError('an answer to nothing');
  return { replySerial, error: type === ERROR ? errorName : null, body: message.subarray(aligned(fieldsEnd, 8)) };
};

/** The body of an answer that is one boolean in a variant, as properties are. @throws RangeError for another one */
export const booleanVariantIn = (body: Uint8Array): boolean => {
  const bytes = Buffer.from(body);
  // Length of the type's name, the name, its end; then the value, at the next multiple of four.
  if (bytes.toString('latin1', 0, 3) !== '\u0001b\0') throw new RangeError('not a boolean');
  return bytes.readUInt32LE(4) !== 0;
};

/** How many bytes each of the arrays of object paths in an answer has. @throws RangeError for a broken one */
export const pathArraySizesIn = (body: Uint8Array, count: number): readonly number[] => {
  const bytes = Buffer.from(body);
  let at = 0;
  return Array.from({ length: count }, () => {
    at = aligned(at, 4);
    const sizeBytes = bytes.readUInt32LE(at);
    at += 4 + sizeBytes;
    if (at > bytes.length) throw new RangeError('an array that is cut short');
    return sizeBytes;
  });
};
