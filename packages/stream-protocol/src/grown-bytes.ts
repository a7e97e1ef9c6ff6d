/** How much a stream keeps at first, and at most. */
export interface GrowingBytes {
  readonly firstBytes: number;
  readonly mostBytes: number;
}

/** A stream that has carried so many times what it may keep more is a long one, and its reader keeps up. */
const CARRIED_FOR_EACH = 2;

/**
 * What a stream may keep, bytes: more the more it has carried. A little is enough where bytes take a millisecond; where they take
 * fifty and some get lost, and so wait for those that are sent again, it would hold them up. Whoever reads nothing gets no more.
 */
export const grownBytes = ({ firstBytes, mostBytes }: GrowingBytes, carriedBytes: number): number =>
  Math.max(firstBytes, Math.min(mostBytes, firstBytes + Math.floor(carriedBytes / CARRIED_FOR_EACH)));
