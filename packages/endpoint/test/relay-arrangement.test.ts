import {
  type AddressDiscoveryRelay,
  brandAs,
  type EndpointId,
  NOBODY_ENDPOINT_ID,
  type RelayUrl,
} from '@bowline/contracts';
import { fakeClock, settle } from '@bowline/testing';
import type { Endpoint, EndpointAddr, RelayConfig } from '@number0/iroh/index.js';
import { expect, test } from 'vitest';
import { relayArrangement } from '../src/relay-arrangement.ts';

const LOOPBACK = 'http://127.0.0.1:3340/';
const ME = brandAs<EndpointId>('11'.repeat(32));

const relayAt = (name: string): AddressDiscoveryRelay => ({
  url: brandAs<RelayUrl>(`https://${name}.example/`),
  quicPort: 7_842,
});

/** An arrangement, and everything iroh was told in order. */
const setUp = (loopbackRelayUrl: string | null = LOOPBACK, addressDiscovery: AddressDiscoveryRelay | null = null) => {
  const clock = fakeClock();
  const told: string[] = [];
  const native = {
    isClosed: () => false,
    connectPending: async (to: EndpointAddr) => {
      const isNobody = Buffer.from(to.id().toBytes()).toString('hex') === NOBODY_ENDPOINT_ID;
      told.push(`touch ${isNobody ? '' : 'somebody '}${to.relayUrl()}`);
    },
    insertRelay: async ({ url, quicPort }: RelayConfig) => void told.push(`insert ${url} ${quicPort ?? ''}`.trim()),
    removeRelay: async (url: string) => void told.push(`remove ${url}`),
  } as unknown as Endpoint;
  const relays = relayArrangement(native, ME, { loopbackRelayUrl, addressDiscovery }, clock);
  const take = async (): Promise<readonly string[]> => {
    await settle();
    return told.splice(0);
  };
  return { clock, relays, take };
};

test('with loopback alone nothing is touched: iroh is logged in at its home', async () => {
  const { clock, relays, take } = setUp();
  await clock.advance(120_000);
  expect(await take()).toEqual([]);
  expect(relays.isTouching()).toBe(false);
});

test('bound with a relay to ask, loopback is touched at once and every 25 s', async () => {
  const { clock, relays, take } = setUp(LOOPBACK, relayAt('a'));
  expect(await take()).toEqual([`touch ${LOOPBACK}`]);
  expect(relays.isTouching()).toBe(true);
  await clock.advance(50_000);
  expect(await take()).toEqual([`touch ${LOOPBACK}`, `touch ${LOOPBACK}`]);
});

test('another relay to ask takes the place of the one before, with its port', async () => {
  const { relays, take } = setUp();
  await relays.discover(relayAt('a'));
  expect(await take()).toEqual([`touch ${LOOPBACK}`, 'insert https://a.example/ 7842']);
  await relays.discover(relayAt('b'));
  expect(await take()).toEqual([`touch ${LOOPBACK}`, 'remove https://a.example/', 'insert https://b.example/ 7842']);
  await relays.discover(relayAt('b'));
  expect(await take()).toEqual([]);
});

test('without one any more, loopback is touched once and then left to be the home', async () => {
  const { clock, relays, take } = setUp(LOOPBACK, relayAt('a'));
  await take();
  await relays.discover(null);
  await clock.advance(120_000);
  expect(await take()).toEqual([`touch ${LOOPBACK}`, 'remove https://a.example/']);
});

test('a touch is on its way for as long as iroh tries, and no longer', async () => {
  const { clock, relays } = setUp(LOOPBACK, relayAt('a'));
  await clock.advance(100_000);
  expect(relays.isTouching()).toBe(true);
  await relays.discover(null);
  await clock.advance(29_999);
  expect(relays.isTouching()).toBe(true);
  await clock.advance(1);
  expect(relays.isTouching()).toBe(false);
});

test('a loopback relay that moved is touched where it is now', async () => {
  const { clock, relays, take } = setUp(LOOPBACK, relayAt('a'));
  await take();
  const moved = 'http://127.0.0.1:3341/';
  await relays.moveLoopback(moved);
  expect(relays.loopbackUrl()).toBe(moved);
  expect(await take()).toEqual([`touch ${moved}`, `remove ${LOOPBACK}`, `insert ${moved}`]);
  await clock.advance(25_000);
  expect(await take()).toEqual([`touch ${moved}`]);
});

test('nothing is touched after the end', async () => {
  const { clock, relays, take } = setUp(LOOPBACK, relayAt('a'));
  await take();
  relays.stop();
  await clock.advance(60_000);
  expect(await take()).toEqual([]);
  await relays.moveLoopback('http://127.0.0.1:3341/');
  await relays.discover(relayAt('b'));
  await clock.advance(60_000);
  expect((await take()).filter((each) => each.startsWith('touch'))).toEqual([]);
});

test('bound without a relay, none is asked and none is moved to', async () => {
  const { relays } = setUp(null);
  await expect(relays.discover(relayAt('a'))).rejects.toMatchObject({ code: 'ENDPOINT_WITHOUT_RELAY' });
  await expect(relays.moveLoopback(LOOPBACK)).rejects.toMatchObject({ code: 'ENDPOINT_WITHOUT_RELAY' });
});
