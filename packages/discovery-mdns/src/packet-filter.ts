import type { Clock } from '@bowline/contracts';
import { BoundedMap, TokenBucket, type TokenRate } from '@bowline/limits';
import { isOnLink, isOwnAddress, type LanNetwork } from './lan-network.ts';

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

/** Records that one token pays for. */
const RECORDS_PER_TOKEN = 8;

/**
 * Answers looked into on one interface, whoever sent them: reading one takes some 10 µs (measured), so a flood takes a few
 * hundredths of a processor.
 */
const RESPONSE_RATE: TokenRate = { perSecond: 2_000, burst: 2_000 };

/** Some 60 devices that search at once; every question is answered, so this bounds what can be drawn out of us. */
const QUERY_RATE: TokenRate = { perSecond: 60, burst: 200 };

/** What one neighbour may use of it: a few programs on one machine. */
const NEIGHBOUR_RATE: TokenRate = { perSecond: 30, burst: 100 };

/** The same for answers that show a tag that is looked for; those count for their sender alone. */
const SEARCHED_RATE: TokenRate = { perSecond: 10, burst: 20 };

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
  /** What they may show of tags that are looked for, whatever else is sent. */
  readonly #searched = new BoundedMap<string, TokenBucket>(MAX_NEIGHBOURS);
  readonly #isSearched: (packet: Buffer) => boolean;

  /** @param isSearched whether a packet shows the tag of a code that is looked for */
  constructor(clock: Clock, network: LanNetwork, isSearched: (packet: Buffer) => boolean = () => false) {
    this.#clock = clock;
    this.#network = network;
    this.#isSearched = isSearched;
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
    const kind = isResponse ? 'response' : 'query';
    const share = recordCount / RECORDS_PER_TOKEN;
    const cost = Math.max(1, Math.ceil(isResponse ? share : share + questionCount));
    const nowMs = this.#clock.monotonicMs();
    if (isResponse && this.#isSearched(packet) && this.#searchedMay(source, cost, nowMs)) return { kind };
    const isAdmitted =
      this.#neighbourMay(source, cost, nowMs) && (isResponse ? this.#responses : this.#queries).take(cost, nowMs);
    return isAdmitted ? { kind } : { refusal: 'too-many-packets' };
  }

  #searchedMay(source: string, cost: number, nowMs: number): boolean {
    return takeFrom(this.#searched, source, SEARCHED_RATE, cost, nowMs);
  }

  /** On loopback every program has the same address, and none is a stranger. */
  #neighbourMay(source: string, cost: number, nowMs: number): boolean {
    if (this.#network.isLoopback || isOwnAddress(this.#network, source)) return true;
    return takeFrom(this.#neighbours, source, NEIGHBOUR_RATE, cost, nowMs);
  }
}

const takeFrom = (
  buckets: BoundedMap<string, TokenBucket>,
  source: string,
  rate: TokenRate,
  cost: number,
  nowMs: number,
): boolean => {
  const known = buckets.get(source);
  if (known !== undefined) return known.take(cost, nowMs);
  const bucket = new TokenBucket(rate, nowMs);
  buckets.set(source, bucket);
  return bucket.take(cost, nowMs);
};
