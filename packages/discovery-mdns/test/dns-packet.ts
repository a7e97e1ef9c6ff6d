/** Builds DNS packets byte by byte, right or wrong, as a stranger on the network may. */

/** A name as labels with their lengths. */
export const name = (text: string): Buffer =>
  Buffer.concat([
    ...text.split('.').map((label) => Buffer.concat([Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);

export interface RecordParts {
  readonly owner: Buffer;
  readonly type: number;
  readonly data: Buffer;
  readonly ttl?: number;
  /** What the record claims its data's length to be. */
  readonly claimedLength?: number;
}

export const TYPES = { A: 1, NS: 2, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, NSEC: 47, ANY: 255 } as const;

export const record = ({ owner, type, data, ttl = 120, claimedLength = data.length }: RecordParts): Buffer => {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(claimedLength, 8);
  return Buffer.concat([owner, fixed, data]);
};

export const question = (owner: Buffer, type: number): Buffer => {
  const fixed = Buffer.alloc(4);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  return Buffer.concat([owner, fixed]);
};

export interface PacketParts {
  readonly isResponse: boolean;
  readonly questions?: readonly Buffer[];
  readonly answers?: readonly Buffer[];
  readonly additionals?: readonly Buffer[];
  /** What the header claims the counts to be: questions, answers, authorities, additionals. */
  readonly claimedCounts?: readonly [number, number, number, number];
}

export const packet = ({
  isResponse,
  questions = [],
  answers = [],
  additionals = [],
  claimedCounts,
}: PacketParts): Buffer => {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(isResponse ? 0x8400 : 0, 2);
  const counts = claimedCounts ?? [questions.length, answers.length, 0, additionals.length];
  for (const [index, count] of counts.entries()) header.writeUInt16BE(count, 4 + index * 2);
  return Buffer.concat([header, ...questions, ...answers, ...additionals]);
};

const SERVICE = name('_bowline._udp.local');

/** The data of an SRV record. */
export const srv = (port: number, target: Buffer): Buffer => {
  const fixed = Buffer.alloc(6);
  fixed.writeUInt16BE(port, 4);
  return Buffer.concat([fixed, target]);
};

/** The data of a TXT record. */
export const txt = (...strings: readonly string[]): Buffer =>
  Buffer.concat(strings.map((text) => Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)])));

/** What a well-behaved device announces. */
export const announcement = (instance: string, ...strings: readonly string[]): Buffer[] => {
  const owner = name(`${instance}._bowline._udp.local`);
  return [
    record({ owner: SERVICE, type: TYPES.PTR, data: owner }),
    record({ owner, type: TYPES.SRV, data: srv(4001, name(`${instance}.local`)) }),
    record({ owner, type: TYPES.TXT, data: txt(...strings) }),
    record({ owner: name(`${instance}.local`), type: TYPES.A, data: Buffer.from([192, 168, 1, 20]) }),
  ];
};
