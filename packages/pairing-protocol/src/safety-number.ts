import { hash as digest } from 'node:crypto';
import type { EndpointId } from '@bowline/contracts';

/** As the construction has it: a search for a key with the same digits costs that much more for each try. */
const ITERATIONS = 5_200;

/** Two bytes before the key, so that another way to compute the digits can be told apart. */
const VERSION = Buffer.from([0, 0]);

/** What stands in the place of the stable identifier (a telephone number, originally): the key is all there is. */
const IDENTIFIER = Buffer.from('bowline safety number', 'utf8');

/** Five digits of every five bytes, six times. */
const CHUNK_BYTES = 5;
const CHUNKS = 6;

/**
 * Sixty digits by which two people compare the identities of their devices, at any time: the same at both, and others as
 * soon as either identity is another one. The numeric fingerprint of Signal: `docs/protocol/pairing.md`.
 */
export const safetyNumber = (one: EndpointId, other: EndpointId): string =>
  [digitsOf(one), digitsOf(other)].sort((a, b) => (a < b ? -1 : 1)).join('');

const digitsOf = (endpointId: EndpointId): string => {
  const key = Buffer.from(endpointId, 'hex');
  let hash: Buffer = Buffer.concat([VERSION, key, IDENTIFIER]);
  for (let round = 0; round < ITERATIONS; round += 1) {
    hash = digest('sha512', Buffer.concat([hash, key]), 'buffer');
  }
  return Array.from({ length: CHUNKS }, (_, index) =>
    String(hash.readUIntBE(index * CHUNK_BYTES, CHUNK_BYTES) % 100_000).padStart(5, '0'),
  ).join('');
};
