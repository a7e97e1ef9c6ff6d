import type { EndpointAddress } from './addresses.ts';
import { InvalidOptionError } from './bowline-error.ts';
import type { SearchInput } from './channels/discovery.ts';
import { parseEndpointId, parseRelayUrl, parseSocketAddress } from './parse-ids.ts';

/** Longest search, milliseconds: well over the longest life of a code, short enough that a forgotten search ends. */
const MAX_SEARCH_MS = 3_600_000;

/** Most relays or direct addresses one search may name: far over what a device has, little enough to hold. */
const MAX_LIST_ENTRIES = 64;

/** Places a person may name, and the longest of them: the longest name of the DNS, brackets and a port. */
const MAX_HINTS = 8;
const MAX_HINT_CHARACTERS = 262;

/**
 * Refuses a search no source could carry out. Every discovery source calls it first, so that all of them, and the
 * fakes that stand in for them, refuse the same things. No value of the target is repeated in the message.
 *
 * @throws {@link InvalidOptionError} names the first field that breaks its rule
 */
export const checkSearchInput = (input: SearchInput): void => {
  check('searchId', isShortText(input.searchId), 'must be a text of 1 to 128 characters', input.searchId);
  check('target', isObject(input.target), 'must be an object', input.target);
  const { target } = input;
  check('target.lanTag', isTag(target.lanTag), 'must be 32 lower-case hexadecimal digits', target.lanTag);
  check(
    'target.relayOrderSeed',
    isTag(target.relayOrderSeed),
    'must be 32 lower-case hexadecimal digits',
    target.relayOrderSeed,
  );
  check(
    'target.rendezvousEndpointId',
    isEndpointId(target.rendezvousEndpointId),
    'must be an endpoint id',
    target.rendezvousEndpointId,
  );
  checkList('target.meetingRelayUrls', target.meetingRelayUrls, isRelayUrl, 'relay URLs');
  check(
    'target.ownRelayCount',
    target.ownRelayCount === undefined || isWholeNumber(target.ownRelayCount, 0, MAX_LIST_ENTRIES),
    `must be a whole number from 0 to ${MAX_LIST_ENTRIES}`,
    target.ownRelayCount,
  );
  check(
    'target.hints',
    target.hints === undefined || areHints(target.hints),
    `must be a list of at most ${MAX_HINTS} texts of 1 to ${MAX_HINT_CHARACTERS} characters`,
    target.hints,
  );
  if (target.ticketAddress !== null) checkTicketAddress(target.ticketAddress);
  const isTimeout = typeof input.timeoutMs === 'number' && input.timeoutMs >= 1 && input.timeoutMs <= MAX_SEARCH_MS;
  check('timeoutMs', isTimeout, `must be a number of milliseconds from 1 to ${MAX_SEARCH_MS}`, input.timeoutMs);
};

const checkTicketAddress = (address: EndpointAddress): void => {
  check('target.ticketAddress', isObject(address), 'must be an endpoint address or null', address);
  check(
    'target.ticketAddress.endpointId',
    isEndpointId(address.endpointId),
    'must be an endpoint id',
    address.endpointId,
  );
  checkList('target.ticketAddress.relayUrls', address.relayUrls, isRelayUrl, 'relay URLs');
  checkList('target.ticketAddress.directAddresses', address.directAddresses, isSocketAddress, 'socket addresses');
};

const checkList = (field: string, list: unknown, isEntry: (entry: unknown) => boolean, what: string): void => {
  const isList = Array.isArray(list) && list.length <= MAX_LIST_ENTRIES && list.every(isEntry);
  check(field, isList, `must be a list of at most ${MAX_LIST_ENTRIES} ${what}`, list);
};

const check = (field: string, holds: boolean, rule: string, received: unknown): void => {
  if (!holds) throw new InvalidOptionError(field, rule, shapeOf(received));
};

/** What a value is without saying what it holds: addresses and tags of a code stay out of logs. */
const shapeOf = (value: unknown): string => {
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'number' ? String(value) : value === null ? 'null' : `a value of type ${typeof value}`;
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isShortText = (value: unknown): boolean => typeof value === 'string' && value.length >= 1 && value.length <= 128;
const areHints = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= MAX_HINTS &&
  value.every((hint) => typeof hint === 'string' && hint.length >= 1 && hint.length <= MAX_HINT_CHARACTERS);
const isTag = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
const isEndpointId = (value: unknown): boolean => typeof value === 'string' && parseEndpointId(value) === value;
const isRelayUrl = (value: unknown): boolean => typeof value === 'string' && parseRelayUrl(value) === value;
const isSocketAddress = (value: unknown): boolean =>
  typeof value === 'string' && parseSocketAddress(value) !== undefined;
const isWholeNumber = (value: unknown, from: number, to: number): boolean =>
  Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
