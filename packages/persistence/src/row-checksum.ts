import { createHash } from 'node:crypto';

/** Bytes of a checksum: one alteration in 2^64 goes unnoticed. */
const CHECKSUM_BYTES = 8;

/** Name of the SQL function that every connection of ours has. */
export const ROW_CHECKSUM = 'row_checksum';

type SqlValue = null | number | bigint | string | Uint8Array;

/**
 * Tells an altered row from the one that was written. SQLite itself notices damage to its structure, not to values. It
 * proves nothing against whoever can write the file, who could also compute it.
 */
export const rowChecksum = (...values: readonly SqlValue[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const value of values) {
    const [kind, bytes] = encoded(value);
    // Kind and length keep two different rows from being the same bytes.
    hash.update(`${kind}${bytes.length}:`).update(bytes);
  }
  return new Uint8Array(hash.digest().subarray(0, CHECKSUM_BYTES));
};

const encoded = (value: SqlValue): readonly [kind: string, bytes: Uint8Array] => {
  if (value === null) return ['n', new Uint8Array()];
  if (value instanceof Uint8Array) return ['b', value];
  return [typeof value === 'string' ? 's' : 'i', Buffer.from(String(value))];
};
