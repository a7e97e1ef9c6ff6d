import type { Random } from '@bowline/contracts';

/** Repeatable randomness (mulberry32): the same seed gives the same bytes and ratios. Never for keys in use. */
export const seededRandom = (seed = 1): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    ratio: next,
    bytes: (sizeBytes) => {
      const bytes = new Uint8Array(sizeBytes);
      for (let index = 0; index < sizeBytes; index += 1) bytes[index] = Math.floor(next() * 256);
      return bytes;
    },
  };
};
