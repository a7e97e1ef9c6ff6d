import type { Clock } from '@bowline/contracts';
import { BoundedMap, TokenBucket, type TokenRate } from '@bowline/limits';
import { isOnLink, type LanNetwork } from './lan-network.ts';

/** Why a packet was not looked into. */
export type PacketRefusal =
  | 'off-link'
  | 'malformed'
  | 'too-large'
  | 'not-ours'
  | 'too-many-records'
  | 'too-many-packets';

/** What a packet is, or why it is refused. */
export type PacketVerdict = { readonly kind: 'query' | 'response' } | { readonly refusal: PacketRefusal };

/** Largest mDNS packet, bytes (RFC 6762 section 17). */
const MAX_PACKET_BYTES = 9_000;

/** A DNS header, bytes. */
const HEADER_BYTES = 12;

/**
 * Most records a packet may claim. One device sends four and its addresses. The parser believes the claim: a hundred
 * bytes that claim 60,000 records and hold two keep it busy for 0.3 s (measured, dns-packet 5.6.1).
 */
const MAX_RECORDS = 64;

/** Most questions in one packet: each is answered with a packet of its own. */
const MAX_QUESTIONS = 8;

/**
 * Records of an answer that one token pays for. Sorting an answer takes time with the square of its records, 9 ms for
 * 64 (measured, bonjour-service 1.4.4), and so does its price; a question's grows with them.
 */
const RECORDS_PER_TOKEN = 8;

/** Answers of some 400 devices at once, on one interface. */
const RESPONSE_RATE: TokenRate = { perSecond: 200, burst: 400 };

/** Some 60 devices that search at once; every question is answered, so this bounds what can be drawn out of us. */
const QUERY_RATE: TokenRate = { perSecond: 60, burst: 200 };

/** What one neighbour may use of it: a few programs on one machine. */
const NEIGHBOUR_RATE: TokenRate = { perSecond: 30, burst: 100 };

/** Neighbours whose use is remembered; the one longest known is forgotten first. */
const MAX_NEIGHBOURS = 256;

/**
 * Looks at a packet's length, header, sender and rate before anything parses it. The network is full of mDNS that
 * is not for us, and anybody on it can send as much as they like: what does not concern us ends here at next to no
 * cost, and what does is limited for each neighbour and in all.
 */
export class PacketFilter {
  readonly #clock: Clock;
  readonly #network: LanNetwork;
  readonly #responses: TokenBucket;
  readonly #queries: TokenBucket;
  readonly #neighbours = new BoundedMap<string, TokenBucket>(MAX_NEIGHBOURS);

  constructor(clock: Clock, network: LanNetwork) {
    this.#clock = clock;
    this.#network = network;
    this.#responses = new TokenBucket(RESPONSE_RATE, clock.monotonicMs());
    this.#queries = new TokenBucket(QUERY_RATE, clock.monotonicMs());
  }

  /** @param source the sender's address, without port */
  judge(packet: Buffer, source: string): PacketVerdict {
    if (!isOnLink(this.#network, source)) return { refusal: 'off-link' };
    if (packet.length < HEADER_BYTES) return { refusal: 'malformed' };
    if (packet.length > MAX_PACKET_BYTES) return { refusal: 'too-large' };
    if (!packet.includes('bowline') && !packet.includes('_services')) return { refusal: 'not-ours' };
    const isResponse = packet.readUInt8(2) >= 0x80;
    const questionCount = packet.readUInt16BE(4);
    const recordCount = packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
    if (questionCount > MAX_QUESTIONS || recordCount > MAX_RECORDS) return { refusal: 'too-many-records' };
    const share = recordCount / RECORDS_PER_TOKEN;
    const cost = Math.max(1, Math.ceil(isResponse ? share ** 2 : share + questionCount));
    const nowMs = this.#clock.monotonicMs();
    const isAdmitted =
      this.#neighbourMay(source, cost, nowMs) && (isResponse ? this.#responses : this.#queries).take(cost, nowMs);
    if (!isAdmitted) return { refusal: 'too-many-packets' };
    return { kind: isResponse ? 'response' : 'query' };
  }

  /** On loopback every program has the same address, and none is a stranger. */
  #neighbourMay(source: string, cost: number, nowMs: number): boolean {
    if (this.#network.isLoopback || source === this.#network.address) return true;
    const known = this.#neighbours.get(source);
    if (known !== undefined) return known.take(cost, nowMs);
    const bucket = new TokenBucket(NEIGHBOUR_RATE, nowMs);
    this.#neighbours.set(source, bucket);
    return bucket.take(cost, nowMs);
  }
}
