import { MAX_RELAY_URLS, type RelayInfo, type RelayUrl } from '@bowline/contracts';

/** Relays without repeats, the first eight. */
export const boundedRelayUrls = (relayUrls: readonly RelayUrl[]): readonly RelayUrl[] =>
  [...new Set(relayUrls.slice(0, 4 * MAX_RELAY_URLS))].slice(0, MAX_RELAY_URLS);

/** A record in order: home first, no repeats, at most eight relays. `undefined` when its numbers cannot be compared. */
export const soundRecord = ({ homeRelayUrl, relayUrls, revision, incarnation }: RelayInfo): RelayInfo | undefined => {
  if (!isCounter(revision) || !isCounter(incarnation)) return undefined;
  const homeFirst = homeRelayUrl === null ? relayUrls : [homeRelayUrl, ...relayUrls];
  return { homeRelayUrl, relayUrls: boundedRelayUrls(homeFirst), revision, incarnation };
};

const isCounter = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Whether `record` was made after `known`: by a later incarnation of its device, or as a later revision of the same one. */
export const isNewerRecord = (record: RelayInfo, known: RelayInfo | undefined): boolean =>
  known === undefined ||
  record.incarnation > known.incarnation ||
  (record.incarnation === known.incarnation && record.revision > known.revision);

/** Whether two records name the same relays in the same order, whatever their numbers. */
export const hasSameRelays = (one: RelayInfo | undefined, other: RelayInfo): boolean =>
  one !== undefined && one.homeRelayUrl === other.homeRelayUrl && isSameList(one.relayUrls, other.relayUrls);

/** Whether two lists hold the same relays in the same order. */
export const isSameList = (one: readonly RelayUrl[], other: readonly RelayUrl[]): boolean =>
  one.length === other.length && one.every((url, index) => url === other[index]);
