import { createHash } from 'node:crypto';
import type { RelayUrl, SearchTarget } from '@bowline/contracts';

/** The part of a target that decides which relay is tried when. */
export type MeetingRelays = Pick<SearchTarget, 'meetingRelayUrls' | 'ownRelayCount' | 'relayOrderSeed'>;

/**
 * The relays of a search in the order they are offered: this device's own as given, then the public ones by the
 * SHA-256 of seed and URL, smallest first. Each relay's place depends on the seed and its own URL alone, so two
 * devices that know different public relays still agree on the order of those both know. Repetitions are removed.
 */
export const orderRelays = (choice: MeetingRelays): readonly RelayUrl[] => {
  const ownCount = choice.ownRelayCount ?? choice.meetingRelayUrls.length;
  const own = choice.meetingRelayUrls.slice(0, ownCount);
  const ranked = choice.meetingRelayUrls
    .slice(ownCount)
    .map((relayUrl) => ({ relayUrl, rank: rankOf(choice.relayOrderSeed, relayUrl) }))
    .sort((one, other) => Buffer.compare(one.rank, other.rank));
  return [...new Set([...own, ...ranked.map(({ relayUrl }) => relayUrl)])];
};

const rankOf = (seed: string, relayUrl: RelayUrl): Buffer =>
  createHash('sha256').update(Buffer.from(seed, 'hex')).update(relayUrl).digest();
