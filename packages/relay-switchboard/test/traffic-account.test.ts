import { brandAs, endpointIdOf, type RelayUrl } from '@bowline/contracts';
import { encodeDatagramToRelay, keyOfEndpointId, type RouteKey, routeKeyOf } from '@bowline/relay-protocol';
import { fakeClock } from '@bowline/testing';
import { expect, it } from 'vitest';
import { TrafficAccount } from '../src/traffic-account.ts';

const url = brandAs<RelayUrl>('https://relay.example/');
const phone = endpointIdOf(new Uint8Array(32).fill(1));
const phoneKey = routeKeyOf(keyOfEndpointId(phone));
const LIMIT_BYTES = 1_048_576;

const frameTo = (sizeBytes: number): Uint8Array =>
  encodeDatagramToRelay({
    endpointKey: keyOfEndpointId(phone),
    ecn: 0,
    segmentBytes: null,
    contents: new Uint8Array(sizeBytes),
  });

/** More strangers than are told apart. */
const strangers = Array.from({ length: 5_000 }, (_, index): RouteKey => {
  const key = Buffer.alloc(32, 7);
  key.writeUInt32BE(index);
  return routeKeyOf(key);
});

it('keeps account of a paired device, and holds it to its budget, however many strangers came before', () => {
  const account = new TrafficAccount(fakeClock(), () => undefined);
  account.limit({ peerBytesPerDay: LIMIT_BYTES, totalBytesPerDay: null }, []);
  for (const stranger of strangers) account.count('received', frameTo(10), stranger, url);
  account.setPaired(new Set([phoneKey]), new Set());
  account.count('sent', frameTo(60_000), phoneKey, url);
  const { peers, total } = account.report();
  expect(peers.find(({ endpointId }) => endpointId === phone)).toMatchObject({
    traffic: { sentBytes: 60_000 },
    spentTodayBytes: 60_000,
  });
  expect(peers.length).toBeLessThan(strangers.length);
  expect(total.receivedBytes).toBe(10 * strangers.length);
  for (let frame = 0; frame < 20; frame += 1) account.count('sent', frameTo(60_000), phoneKey, url);
  expect(account.admits(frameTo(60_000), phoneKey, 'out')).toBe(false);
  account.setPaired(new Set([phoneKey]), new Set([phoneKey]));
  expect(account.admits(frameTo(1), phoneKey, 'out')).toBe(false);
});
