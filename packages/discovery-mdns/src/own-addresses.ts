import { ipBytes } from './ip-bytes.ts';

/** A DNS header, bytes (RFC 1035 section 4.1.1). */
const HEADER_BYTES = 12;

/** Where in the header the four counts stand. */
const COUNT_OFFSETS = { questions: 4, answers: 6, authorities: 8, additionals: 10 } as const;

/** Type, class, time to live and length of a record: what stands between its name and its data, bytes. */
const RECORD_FIXED_BYTES = 10;

/** Types of records that hold an address, by how many bytes those have. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 28: 16 };

/**
 * An outgoing packet without the addresses that do not belong to the network it goes to. The mDNS library names every
 * address of the machine everywhere; elsewhere they lead nowhere, or to somebody else's container, and a VPN's address
 * is nobody's business (RFC 6762 section 6.2 asks for the same).
 *
 * The packet is the library's own, so it is whole; should it not be, it is returned as it is.
 *
 * @param addresses the machine's on that network which others can dial
 */
export const keepOwnAddresses = (packet: Buffer, addresses: readonly string[]): Buffer => {
  const own = new Set(addresses.map((address) => ipBytes(address).toString('hex')));
  const header = Buffer.from(packet.subarray(0, HEADER_BYTES));
  const kept: Buffer[] = [header];
  try {
    let offset = HEADER_BYTES;
    const countOf = (section: keyof typeof COUNT_OFFSETS): number => packet.readUInt16BE(COUNT_OFFSETS[section]);
    if (countOf('questions') > 0) return packet;
    for (const section of ['answers', 'authorities', 'additionals'] as const) {
      let keptCount = 0;
      for (let index = 0; index < countOf(section); index += 1) {
        const record = recordAt(packet, offset);
        offset = record.end;
        if (record.address !== null && !own.has(record.address)) continue;
        kept.push(packet.subarray(record.start, record.end));
        keptCount += 1;
      }
      header.writeUInt16BE(keptCount, COUNT_OFFSETS[section]);
    }
    return Buffer.concat(kept);
  } catch (error) {
    if (error instanceof RangeError) return packet;
    throw error;
  }
};

interface RecordSpan {
  readonly start: number;
  readonly end: number;
  /** The address in hexadecimal digits, when it is a record that holds one. */
  readonly address: string | null;
}

const recordAt = (packet: Buffer, start: number): RecordSpan => {
  const fixed = endOfName(packet, start);
  const dataBytes = packet.readUInt16BE(fixed + RECORD_FIXED_BYTES - 2);
  const data = fixed + RECORD_FIXED_BYTES;
  const isAddress = ADDRESS_BYTES[packet.readUInt16BE(fixed)] === dataBytes;
  if (data + dataBytes > packet.length) throw new RangeError('A record is cut short.');
  const address = isAddress ? packet.toString('hex', data, data + dataBytes) : null;
  return { start, end: data + dataBytes, address };
};

/** Where a name ends. The library writes no pointers, and what they point at could be left out: such a packet stays whole. */
const endOfName = (packet: Buffer, start: number): number => {
  let offset = start;
  for (;;) {
    const labelBytes = packet.readUInt8(offset);
    if (labelBytes >= 0xc0) throw new RangeError('A name is compressed.');
    offset += labelBytes + 1;
    if (labelBytes === 0) return offset;
  }
};
