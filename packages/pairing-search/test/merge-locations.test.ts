import { brandAs, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { expect, it } from 'vitest';
import { mergeLocations } from '../src/index.ts';

const location = (addresses: readonly string[], relays: readonly string[] = []) => ({
  directAddresses: addresses.map((each) => brandAs<SocketAddress>(each)),
  relayUrls: relays.map((each) => brandAs<RelayUrl>(each)),
});

it('keeps the first one in front, and is the first one itself where the second says nothing new', () => {
  const first = location(['a', 'b'], ['one']);
  expect(mergeLocations(first, location(['b', 'c'], ['one', 'two']))).toEqual(
    location(['a', 'b', 'c'], ['one', 'two']),
  );
  expect(mergeLocations(first, location(['b'], ['one']))).toBe(first);
});

it('has room for 32 addresses and 8 relays, and pushes none of the first out', () => {
  const many = (count: number, mark: string) => Array.from({ length: count }, (_each, index) => `${mark}${index}`);
  const merged = mergeLocations(location(many(30, 'a'), many(7, 'r')), location(many(9, 'b'), many(9, 's')));
  expect(merged).toEqual(location([...many(30, 'a'), 'b0', 'b1'], [...many(7, 'r'), 's0']));
});
