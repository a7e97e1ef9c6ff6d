import { brandAs, PAIR_ALPN, type SocketAddress } from '@bowline/contracts';
import { derivePairingKeys, parseCode } from '@bowline/pairing-code';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { FORGOTTEN_MS, RELAY, testWorld } from './devices.ts';

describe('two devices', () => {
  it('pair by words on one network', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const laptop = await world.device('laptop');
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(100);
    expect(laptop.failed()).toEqual([]);
    expect(laptop.completed()).toMatchObject([
      { role: 'joiner', via: 'mdns', path: 'direct', device: { name: 'nas' } },
    ]);
    expect(nas.completed()).toMatchObject([{ role: 'initiator', via: null, device: { name: 'laptop' } }]);
    expect([nas.store.states(), laptop.store.states()]).toEqual([['paired'], ['paired']]);
    expect(laptop.completed()[0]?.authenticationString).toBe(nas.completed()[0]?.authenticationString);
  });

  it('pair by words through a relay, with no local network', async () => {
    const world = testWorld();
    const nas = await world.device('nas', { hasMdns: false });
    const laptop = await world.device('laptop', { hasMdns: false });
    world.network.setRelayOnly(nas.endpointId, laptop.endpointId, true);
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(100);
    expect(laptop.failed()).toEqual([]);
    expect(laptop.completed()).toMatchObject([{ via: 'rendezvous', path: 'relay' }]);
  });

  it('pair by words with relays disabled', async () => {
    const world = testWorld();
    const nas = await world.device('nas', { relayUrls: [] });
    const laptop = await world.device('laptop', { relayUrls: [] });
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(100);
    expect(laptop.completed()).toMatchObject([{ via: 'mdns', path: 'direct' }]);
    expect(nas.switchboard.admitted.size).toBe(0);
  });

  it('pair by ticket through a relay only the initiator has', async () => {
    const world = testWorld();
    const nas = await world.device('nas', { hasMdns: false });
    const laptop = await world.device('laptop', { hasMdns: false, meetingRelayUrls: [] });
    world.network.setRelayOnly(nas.endpointId, laptop.endpointId, true);
    const { ticket } = await nas.offer();
    await laptop.join(ticket);
    await world.clock.advance(100);
    expect(laptop.completed()).toMatchObject([{ via: 'ticket', path: 'relay' }]);
    expect(laptop.switchboard.hints.get(nas.endpointId)).toEqual([RELAY]);
  });

  it('know afterwards where the other is', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const laptop = await world.device('laptop');
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(100);
    for (const [device, other] of [
      [nas, laptop],
      [laptop, nas],
    ] as const) {
      const [stored] = device.store.list();
      expect(stored?.relayInfo).toEqual({ homeRelayUrl: RELAY, relayUrls: [RELAY], revision: 0, incarnation: 0 });
      expect(stored?.directAddresses.map(({ address }) => address)).toEqual(other.identity().directAddresses);
    }
  });

  it('keep the address one was reached at, however many it says it has', async () => {
    const world = testWorld();
    const [nas, laptop] = [await world.device('nas'), await world.device('laptop')];
    const { words } = await nas.offer();
    await settle();
    const reachedAt = nas.identity().directAddresses;
    const directAddresses = Array.from({ length: 40 }, (_, index) => brandAs<SocketAddress>(`10.0.0.${index}:1`));
    await nas.client.request('presentSelf', { ...nas.identity(), directAddresses });
    await laptop.join(words);
    await world.clock.advance(100);
    const stored = laptop.store.list()[0]?.directAddresses.map(({ address }) => address);
    expect(stored).toEqual([...reachedAt, ...directAddresses.slice(0, 15)]);
  });

  it('show the same six digits, and pair when both people agree', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const laptop = await world.device('laptop');
    const { words, sessionId } = await nas.offer('ask');
    const joinId = await laptop.join(words, 'ask');
    expect(nas.asked()).toMatchObject([{ peer: { name: 'laptop' } }]);
    expect(laptop.asked()).toMatchObject([{ peer: { name: 'nas' } }]);
    expect(nas.asked()[0]?.authenticationString).toBe(laptop.asked()[0]?.authenticationString);
    expect(nas.asked()[0]?.authenticationString).toMatch(/^\d{6}$/);
    await laptop.decide(joinId, true);
    expect(nas.store.list()).toEqual([]);
    await nas.decide(sessionId, true);
    await world.clock.advance(100);
    expect([nas.completed().length, laptop.completed().length]).toEqual([1, 1]);
  });

  it.each(['ask', 'accept'] as const)(
    'tell the six digits on both sides, where a person must %s them',
    async (policy) => {
      const world = testWorld();
      const nas = await world.device('nas');
      const laptop = await world.device('laptop');
      const { words } = await nas.offer('ask');
      await laptop.join(words, policy);
      const authenticationString = nas.asked()[0]?.authenticationString;
      expect(laptop.toldOf('pairing.peerProven')).toMatchObject([
        { role: 'joiner', authenticationString, peer: { name: 'nas' }, mustDecide: policy === 'ask' },
      ]);
      expect(nas.toldOf('pairing.peerProven')).toMatchObject([
        { role: 'initiator', authenticationString, peer: { name: 'laptop' }, mustDecide: true },
      ]);
    },
  );

  it('go through the states of their machines', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const laptop = await world.device('laptop');
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(100);
    expect(nas.states()).toEqual([
      'offering',
      'proving',
      'confirming',
      'storing',
      'exchanging',
      'promoting',
      'completed',
    ]);
    expect(laptop.states()).toEqual(['searching', 'confirming', 'storing', 'exchanging', 'promoting', 'completed']);
  });

  it.each(['by itself', 'when it stops'])(
    'keep the path they were found by until a link has taken it over, and the joiner closes %s',
    async (how) => {
      const world = testWorld();
      const nas = await world.device('nas');
      const laptop = await world.device('laptop');
      const closes: unknown[] = [];
      nas.endpoint.on('connection.closed', ({ alpn, close }) => {
        if (alpn === PAIR_ALPN) closes.push(close);
      });
      const { words } = await nas.offer();
      await laptop.join(words);
      await world.clock.advance(900);
      expect([nas.completed().length, laptop.completed().length, closes]).toEqual([1, 1, []]);
      if (how === 'when it stops') await laptop.actor.stop();
      else await world.clock.advance(200);
      await settle();
      expect(closes).toMatchObject([{ by: 'peer' }]);
    },
  );

  /** Two devices whom only a slow relay connects, the one behind the words included. */
  const apart = async (delayMs: number) => {
    const world = testWorld();
    const nas = await world.device('nas', { hasMdns: false });
    const laptop = await world.device('laptop', { hasMdns: false });
    const offer = await nas.offer();
    const { rendezvousEndpointId } = derivePairingKeys(parseCode(offer.words).entropy);
    for (const there of [nas.endpointId, rendezvousEndpointId]) {
      world.network.setRelayOnly(there, laptop.endpointId, true);
      world.network.setDelay(there, laptop.endpointId, delayMs);
    }
    return { world, nas, laptop, offer };
  };

  it('are paired four round trips after the initiator was discovered', async () => {
    const delayMs = 100;
    const { world, laptop, offer } = await apart(delayMs);
    await laptop.join(offer.ticket);
    await world.clock.advance(5_000);
    // One to connect, three to pair: a side that agrees without asking says so behind its part of the handshake.
    expect(laptop.completed()).toMatchObject([{ discoveredMs: 0, elapsedMs: 4 * 2 * delayMs }]);
  });

  it('discover each other by words alone in two round trips', async () => {
    const delayMs = 100;
    const { world, nas, laptop, offer } = await apart(delayMs);
    await laptop.join(offer.words);
    await world.clock.advance(5_000);
    expect(laptop.completed()).toMatchObject([{ discoveredMs: 2 * 2 * delayMs, elapsedMs: 6 * 2 * delayMs }]);
    expect(nas.completed()).toMatchObject([{ discoveredMs: null }]);
  });

  it('leave nothing open behind', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const laptop = await world.device('laptop');
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(FORGOTTEN_MS);
    expect(world.network.openConnectionCount).toBe(0);
    expect(world.lan.tags()).toEqual([]);
    expect(nas.switchboard.admitted.size).toBe(0);
    expect(laptop.switchboard.hints.size).toBe(0);
    expect(world.clock.pendingTimerCount).toBe(0);
  });

  it('do not share one code: several are independent', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const [laptop, phone] = [await world.device('laptop'), await world.device('phone')];
    const [first, second] = [await nas.offer(), await nas.offer()];
    await phone.join(second.words);
    await laptop.join(first.words);
    await world.clock.advance(100);
    expect(nas.completed().map(({ sessionId, device }) => [sessionId, device.name])).toEqual([
      [second.sessionId, 'phone'],
      [first.sessionId, 'laptop'],
    ]);
  });
});

describe('a code', () => {
  it('is there at once, with no relay reachable and nobody listening', async () => {
    const world = testWorld();
    world.network.setRelayUp(false);
    const nas = await world.device('nas');
    const offer = await nas.offer();
    expect(offer.words.split(' ')).toHaveLength(12);
    expect(offer.ticket).toMatch(/^bowline:/);
    expect(offer.expiresAtMs).toBe(world.clock.nowMs() + 300_000);
  });

  it('is announced by its one-way tag alone', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    const { words, sessionId } = await nas.offer();
    await settle();
    const [tag] = world.lan.tags();
    expect(tag).toMatch(/^[0-9a-f]{32}$/);
    expect(tag).not.toContain(sessionId);
    const told = JSON.stringify([nas.told, nas.logger.lines]);
    for (const word of words.split(' ')) expect(told).not.toMatch(new RegExp(`\\b${word}\\b`));
  });

  it('is not made a ninth time', async () => {
    const world = testWorld();
    const nas = await world.device('nas');
    for (let count = 0; count < 8; count += 1) await nas.offer();
    await expect(nas.offer()).rejects.toMatchObject({ code: 'PAIRING_BUSY' });
  });

  it.each([999, 3_600_001, 1.5, Number.NaN])('does not live for %d ms', async (ttlMs) => {
    const nas = await testWorld().device('nas');
    await expect(nas.offer('accept', ttlMs)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('that is mistyped is refused at once with what is wrong', async () => {
    const laptop = await testWorld().device('laptop');
    await expect(laptop.join('abandon abandon')).rejects.toMatchObject({
      code: 'PAIRING_CODE_INVALID',
      data: { problem: 'word-count' },
    });
    await expect(laptop.join('bowline:abc')).rejects.toMatchObject({ code: 'TICKET_INVALID' });
  });

  it('of this very device is recognized', async () => {
    const nas = await testWorld().device('nas');
    const { words, ticket } = await nas.offer();
    await nas.join(words);
    await nas.join(ticket);
    expect(nas.failed()).toMatchObject([{ code: 'NOBODY_FOUND' }, { code: 'NOBODY_FOUND' }]);
    expect(nas.failed()[0]?.reason).toContain('this very device');
  });
});
