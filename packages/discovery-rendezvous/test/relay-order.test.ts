import { brandAs, type RelayUrl } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderRelays } from '../src/relay-order.ts';

const relay = (name: string): RelayUrl => brandAs<RelayUrl>(`https://${name}.relay.example/`);
const seed = 'c3'.repeat(16);
const seedArbitrary = fc.stringMatching(/^[0-9a-f]{32}$/);
const relaysArbitrary = fc
  .uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 20 })
  .map((names) => names.map(relay));

describe('the order of relays', () => {
  test("is as given when all are the device's own", () => {
    const meetingRelayUrls = [relay('z'), relay('a'), relay('m')];
    expect(orderRelays({ meetingRelayUrls, relayOrderSeed: seed })).toEqual(meetingRelayUrls);
  });

  test('puts own relays first, as given', () => {
    const meetingRelayUrls = ['z', 'a', 'm', 'b', 'y'].map(relay);
    const order = orderRelays({ meetingRelayUrls, ownRelayCount: 2, relayOrderSeed: seed });
    expect(order.slice(0, 2)).toEqual([relay('z'), relay('a')]);
    expect(new Set(order)).toEqual(new Set(meetingRelayUrls));
  });

  test('of public relays differs from code to code', () => {
    const meetingRelayUrls = ['a', 'b', 'c', 'd', 'e', 'f'].map(relay);
    const orders = ['00', '11', '22', '33'].map((byte) =>
      orderRelays({ meetingRelayUrls, ownRelayCount: 0, relayOrderSeed: byte.repeat(16) }).join(),
    );
    expect(new Set(orders).size).toBe(4);
  });

  test('of public relays is pinned, so that versions of Bowline agree', () => {
    const meetingRelayUrls = ['a', 'b', 'c', 'd'].map(relay);
    expect(orderRelays({ meetingRelayUrls, ownRelayCount: 0, relayOrderSeed: seed })).toMatchInlineSnapshot(`
      [
        "https://a.relay.example/",
        "https://c.relay.example/",
        "https://b.relay.example/",
        "https://d.relay.example/",
      ]
    `);
  });

  test('of public relays is the same on devices that know different ones', () => {
    fc.assert(
      fc.property(relaysArbitrary, relaysArbitrary, seedArbitrary, (mine, theirs, relayOrderSeed) => {
        const shared = (list: readonly RelayUrl[], other: readonly RelayUrl[]) => {
          const order = orderRelays({ meetingRelayUrls: list, ownRelayCount: 0, relayOrderSeed });
          return order.filter((relayUrl) => other.includes(relayUrl));
        };
        expect(shared(mine, theirs)).toEqual(shared(theirs, mine));
      }),
    );
  });

  test('loses and repeats no relay', () => {
    fc.assert(
      fc.property(relaysArbitrary, fc.nat(25), seedArbitrary, (relays, ownRelayCount, relayOrderSeed) => {
        const order = orderRelays({ meetingRelayUrls: [...relays, ...relays], ownRelayCount, relayOrderSeed });
        expect(order).toHaveLength(relays.length);
        expect(new Set(order)).toEqual(new Set(relays));
      }),
    );
  });
});
