import { ipText } from './ip-bytes.ts';

/** What a packet says of one service of this device's kind; a stranger made it. */
export interface HeardService {
  /** Full name, lower case. */
  readonly fqdn: string;
  /** Keys in lower case; the first of equal ones counts (RFC 6763 section 6.4). */
  readonly txt: Readonly<Record<string, string>>;
  /** Addresses it claims, in order. */
  readonly addresses: readonly string[];
}

/** What a packet of answers says. */
export interface HeardServices {
  readonly services: readonly HeardService[];
  /** Full names, lower case, of services that say goodbye. */
  readonly goodbyes: readonly string[];
}

const HEADER_BYTES = 12;

/** Fixed part of a record behind its name, bytes (RFC 1035 section 3.2.1). */
const FIXED_BYTES = 10;

/** Fixed part of a question behind its name, bytes. */
const QUESTION_BYTES = 4;

const A = 1;
const TXT = 16;
const AAAA = 28;
const SRV = 33;

/** How long an address of each type is. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { [A]: 4, [AAAA]: 16 };

/** Priority, weight and port before the target of an SRV record, bytes (RFC 2782). */
const SRV_FIXED_BYTES = 6;

/** Labels and compressions followed in one name: a name of 255 bytes has fewer labels (RFC 1035 section 3.1). */
const MAX_NAME_STEPS = 128;

const SERVICE_SUFFIX = '._bowline._udp.local';

/**
 * Reads the services of a packet of answers, in one pass and with nothing remembered from one packet to the next: a
 * flood leaves no state that the next packet has to pay for. What is not whole, or not ours, is passed over, and what
 * was read before it counts.
 *
 * @param packet whose claimed counts are bounded already
 */
export const readServices = (packet: Buffer): HeardServices => {
  const texts = new Map<string, Readonly<Record<string, string>>>();
  const targets = new Map<string, string>();
  const addresses = new Map<string, string[]>();
  const goodbyes = new Set<string>();
  for (const { name, type, ttl, from, to } of recordsOf(packet)) {
    if (to - from === ADDRESS_BYTES[type]) {
      addresses.set(name, [...(addresses.get(name) ?? []), ipText(packet.subarray(from, to))]);
    }
    if ((type !== TXT && type !== SRV) || !name.endsWith(SERVICE_SUFFIX)) continue;
    if (ttl === 0) goodbyes.add(name);
    else if (type === TXT) texts.set(name, textOf(packet, from, to));
    else targets.set(name, readName(packet, from + SRV_FIXED_BYTES)?.name ?? '');
  }
  const services = [...texts].map(([fqdn, txt]) => ({
    fqdn,
    txt,
    addresses: addresses.get(targets.get(fqdn) ?? '') ?? [],
  }));
  return { services: services.filter(({ fqdn }) => !goodbyes.has(fqdn)), goodbyes: [...goodbyes] };
};

interface FoundRecord {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  /** Where its data begins and ends. */
  readonly from: number;
  readonly to: number;
}

/** The records of a packet as far as it is whole. */
const recordsOf = function* (packet: Buffer): Generator<FoundRecord> {
  if (packet.length < HEADER_BYTES) return;
  let at = HEADER_BYTES;
  for (let questions = packet.readUInt16BE(4); questions > 0; questions -= 1) {
    const question = readName(packet, at);
    if (question === undefined) return;
    at = question.end + QUESTION_BYTES;
  }
  const count = packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
  for (let index = 0; index < count; index += 1) {
    const owner = readName(packet, at);
    if (owner === undefined || owner.end + FIXED_BYTES > packet.length) return;
    const from = owner.end + FIXED_BYTES;
    const to = from + packet.readUInt16BE(owner.end + 8);
    if (to > packet.length) return;
    yield { name: owner.name, type: packet.readUInt16BE(owner.end), ttl: packet.readUInt32BE(owner.end + 4), from, to };
    at = to;
  }
};

/** A name in lower case, and where the bytes behind it begin; `undefined` when it is none. Compression points backwards only. */
const readName = (packet: Buffer, start: number): { readonly name: string; readonly end: number } | undefined => {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  for (let steps = 0; steps < MAX_NAME_STEPS && at < packet.length; steps += 1) {
    const length = packet.readUInt8(at);
    if (length === 0) return { name: labels.join('.').toLowerCase(), end: end ?? at + 1 };
    if (length >= 0xc0) {
      if (at + 2 > packet.length) return undefined;
      const target = packet.readUInt16BE(at) & 0x3fff;
      if (target >= at) return undefined;
      end ??= at + 2;
      at = target;
    } else {
      if (length > 63 || at + 1 + length > packet.length) return undefined;
      labels.push(packet.toString('utf8', at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
  return undefined;
};

const textOf = (packet: Buffer, from: number, to: number): Readonly<Record<string, string>> => {
  const pairs = new Map<string, string>();
  for (let at = from; at < to; ) {
    const length = packet.readUInt8(at);
    const pair = packet.toString('utf8', at + 1, Math.min(at + 1 + length, to));
    const equals = pair.indexOf('=');
    const key = (equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
    if (key !== '' && !pairs.has(key)) pairs.set(key, equals < 0 ? '' : pair.slice(equals + 1));
    at += 1 + length;
  }
  return Object.fromEntries(pairs);
};
