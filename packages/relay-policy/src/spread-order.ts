import type { PolicyRelay } from './policy-relay.ts';

/**
 * The order in which one device prefers equally good relays of one tier.
 *
 * Without weights it is the list's. With weights it is weighted rendezvous hashing: each device has its own stable
 * order, over many devices each relay is first as often as its weight says, and taking a relay out moves only the
 * devices that were on it.
 *
 * @param spreadKey what tells devices apart, e.g. the endpoint id
 */
export const spreadOrder = (relays: readonly PolicyRelay[], spreadKey: string): readonly PolicyRelay[] => {
  if (relays.every((relay) => relay.weight === undefined)) return relays;
  return relays
    .map((relay) => ({ relay, score: (relay.weight ?? 1) / -Math.log(hashRatio(`${spreadKey} ${relay.url}`)) }))
    .sort((left, right) => right.score - left.score)
    .map(({ relay }) => relay);
};

/** A number above 0 and below 1 that looks random and depends on `text` alone: FNV-1a, then the finalizer of MurmurHash3. */
const hashRatio = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 4_294_967_296;
};
