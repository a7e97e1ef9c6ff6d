import { derivePairingKeys, parseCode } from '@bowline/pairing-code';

/** BIP39's own first and last vectors, and one between. */
const CODES = [
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
  'legal winner thank year wave sausage worth useful legal winner thank yellow',
  'zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong',
];

const printable = (value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;

/** The recorded keys of a few codes, for `packages/pairing-code/test/vectors/key-schedule.json`. */
export const keyScheduleVectors = (): readonly unknown[] =>
  CODES.map((words) => {
    const { entropy } = parseCode(words);
    const keys = Object.entries(derivePairingKeys(entropy)).map(([name, value]) => [name, printable(value)]);
    return { words, entropy: printable(entropy), keys: Object.fromEntries(keys) };
  });
