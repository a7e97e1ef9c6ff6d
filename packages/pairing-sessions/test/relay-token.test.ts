import { brandAs, type RelayStatus, type RelayUrl } from '@bowline/contracts';
import { formatTicket, parseCode } from '@bowline/pairing-code';
import { describe, expect, it } from 'vitest';
import { RELAY, testWorld } from './devices.ts';

const TOKEN = 'nas-relay-token';
const SHARED = [{ url: RELAY, token: TOKEN }];
const SPARE = brandAs<RelayUrl>('https://spare.test/');

const relaysIn = (ticket: string) => {
  const parsed = parseCode(ticket);
  return parsed.kind === 'ticket' ? parsed.ticket.relays : [];
};

/** The initiator is reached through its own relay alone, which the joiner knows from the ticket. */
const twoNetworks = async () => {
  const world = testWorld();
  const nas = await world.device('nas', { hasMdns: false });
  const laptop = await world.device('laptop', { hasMdns: false, meetingRelayUrls: [] });
  world.network.setRelayOnly(nas.endpointId, laptop.endpointId, true);
  return { world, nas, laptop };
};

const refusedBy = (url: RelayUrl): RelayStatus => ({
  url,
  role: 'peer',
  state: 'down',
  rttMs: null,
  downReason: 'auth',
});

describe('the ticket of a device whose relay has a token', () => {
  it('holds no token unless it was asked to', async () => {
    const nas = await testWorld().device('nas');
    const { ticket, sharedTokenUrls } = await nas.offer();
    expect([relaysIn(ticket), sharedTokenUrls]).toEqual([[{ url: RELAY, token: null }], []]);
  });

  it('holds it when it was asked to, also those of its relays it is not on just now', async () => {
    const nas = await testWorld().device('nas');
    const { ticket, sharedTokenUrls } = await nas.offer('accept', 300_000, [{ url: SPARE, token: 'spare' }, ...SHARED]);
    expect(relaysIn(ticket)).toEqual([
      { url: RELAY, token: TOKEN },
      { url: SPARE, token: 'spare' },
    ]);
    expect(sharedTokenUrls).toEqual([RELAY, SPARE]);
    expect(JSON.stringify([nas.told, nas.logger.lines])).not.toContain(TOKEN);
  });

  it('cannot hold one that is too long, and says what to do', async () => {
    const nas = await testWorld().device('nas');
    const offer = nas.offer('accept', 300_000, [{ url: RELAY, token: 'x'.repeat(513) }]);
    await expect(offer).rejects.toMatchObject({ code: 'RELAY_TOKEN_TOO_LONG' });
    await expect(offer).rejects.toThrow(/513 characters.*512/);
    expect(nas.states()).toEqual([]);
  });
});

describe('a joiner', () => {
  it('shows the token of a ticket to the relay, and keeps it with the device', async () => {
    const { world, nas, laptop } = await twoNetworks();
    const { ticket } = await nas.offer('accept', 300_000, SHARED);
    await laptop.join(ticket);
    await world.clock.advance(100);
    expect(laptop.completed()).toMatchObject([{ via: 'ticket', path: 'relay' }]);
    expect(laptop.switchboard.lent.get(nas.endpointId)).toEqual(SHARED);
    expect(laptop.store.tokens()).toEqual(SHARED);
    expect(JSON.stringify([laptop.told, laptop.logger.lines])).not.toContain(TOKEN);
  });

  it('keeps nothing of a ticket that led to nobody', async () => {
    const { world, nas, laptop } = await twoNetworks();
    const { ticket, sessionId } = await nas.offer('accept', 300_000, SHARED);
    await nas.cancel(sessionId);
    world.network.setRelayUp(false);
    await laptop.join(ticket);
    expect(laptop.switchboard.lent.size).toBe(1);
    await world.clock.advance(30_000);
    expect(laptop.failed()).toHaveLength(1);
    expect([laptop.switchboard.lent.size, laptop.store.tokens()]).toEqual([0, []]);
  });

  it('takes the token back of a ticket for a known device that led to nobody', async () => {
    const { world, nas, laptop } = await twoNetworks();
    const first = await nas.offer('accept', 300_000, SHARED);
    await laptop.join(first.ticket);
    await world.clock.advance(20_000);
    world.network.setRelayUp(false);
    const { ticket } = await nas.offer('accept', 300_000, [{ url: RELAY, token: 'newer' }]);
    await laptop.join(ticket);
    expect(laptop.switchboard.lent.get(nas.endpointId)).toEqual([{ url: RELAY, token: 'newer' }]);
    await world.clock.advance(30_000);
    expect([laptop.switchboard.lent.size, laptop.store.tokens()]).toEqual([0, SHARED]);
  });

  it('keeps no token of a ticket for another device than the one it names', async () => {
    const world = testWorld();
    const [nas, other] = [await world.device('nas'), await world.device('other')];
    const laptop = await world.device('laptop');
    const { ticket } = await nas.offer('accept', 300_000, SHARED);
    const parsed = parseCode(ticket);
    if (parsed.kind !== 'ticket') throw new Error('no ticket');
    const forged = formatTicket({ ...parsed.ticket, endpointId: other.endpointId }, { includeTokens: true });
    await laptop.join(forged);
    await world.clock.advance(20_000);
    expect(laptop.store.tokens()).toEqual([]);
  });

  it('shows no token any more once a pairing that may be stored over there was cancelled', async () => {
    const world = testWorld();
    const nas = await world.device('nas', { options: { maxEndedCodes: 1 } });
    const laptop = await world.device('laptop');
    world.network.setDelay(nas.endpointId, laptop.endpointId, 20);
    const { ticket } = await nas.offer('accept', 300_000, SHARED);
    const joinId = await laptop.join(ticket);
    while (nas.completed().length === 0) await world.clock.advance(1);
    world.network.cut(nas.endpointId, laptop.endpointId);
    world.network.block(nas.endpointId, laptop.endpointId);
    await world.clock.advance(2_000);
    expect(laptop.states().at(-1)).toBe('returning');
    expect(laptop.switchboard.lent.get(nas.endpointId)).toEqual(SHARED);
    await laptop.cancel(joinId);
    await world.clock.advance(5_000);
    expect([laptop.store.tokens(), laptop.switchboard.lent.size, laptop.switchboard.hints.size]).toEqual([[], 0, 0]);
  });

  it('shows no token any more once the initiator has refused it when it came back', async () => {
    const world = testWorld();
    const [nas, laptop] = [await world.device('nas'), await world.device('laptop')];
    world.network.setDelay(nas.endpointId, laptop.endpointId, 20);
    const { ticket, sessionId } = await nas.offer('accept', 300_000, SHARED);
    await laptop.join(ticket);
    while (laptop.store.list().length === 0) await world.clock.advance(1);
    world.network.cut(nas.endpointId, laptop.endpointId);
    await nas.cancel(sessionId);
    await world.clock.advance(20_000);
    expect(laptop.failed()).toMatchObject([{ code: 'CANCELLED' }]);
    expect([laptop.store.tokens(), laptop.switchboard.lent.size]).toEqual([[], 0]);
  });

  it('keeps no record whose token cannot be stored', async () => {
    const { world, nas, laptop } = await twoNetworks();
    laptop.store.failTokens('STORE_FULL');
    const { ticket } = await nas.offer('accept', 300_000, SHARED);
    await laptop.join(ticket);
    await world.clock.advance(20_000);
    expect(laptop.failed()).toMatchObject([{ code: 'STORE_FULL', reason: 'the store failed' }]);
    expect([nas.store.list(), laptop.store.list()]).toEqual([[], []]);
  });

  it('keeps none either when the device was removed while it was to be paired anew', async () => {
    const { world, nas, laptop } = await twoNetworks();
    const first = await nas.offer();
    await laptop.join(first.ticket);
    await world.clock.advance(100);
    await nas.store.client.request('removeDevice', { deviceId: nas.store.list()[0]!.id });
    const { ticket } = await nas.offer('accept', 300_000, SHARED);
    const joinId = await laptop.join(ticket, 'ask', true);
    await laptop.store.client.request('removeDevice', { deviceId: laptop.store.list()[0]!.id });
    laptop.store.failTokens('STORE_FULL');
    await laptop.decide(joinId, true);
    await world.clock.advance(20_000);
    expect(laptop.failed()).toMatchObject([{ code: 'STORE_FULL', reason: 'the store failed' }]);
    expect(laptop.store.list()).toEqual([]);
  });

  it('still shows the token while another join with the same device ends', async () => {
    const world = testWorld();
    const [nas, laptop] = [await world.device('nas'), await world.device('laptop')];
    const { ticket } = await nas.offer('accept', 300_000, SHARED);
    const { words } = await nas.offer();
    const first = await laptop.join(ticket, 'ask');
    await world.clock.advance(100);
    const digits = laptop.asked().at(-1)?.authenticationString;
    const second = await laptop.join(words, 'ask');
    await world.clock.advance(100);
    expect(laptop.asked()).toHaveLength(2);
    await laptop.cancel(second);
    await world.clock.advance(100);
    expect(laptop.switchboard.lent.get(nas.endpointId)).toEqual(SHARED);
    expect(laptop.switchboard.hints.get(nas.endpointId)).toEqual([RELAY]);
    await laptop.decide(first, true, digits);
    await world.clock.advance(3_000);
    expect(laptop.completed()).toHaveLength(1);
    expect(laptop.switchboard.lent.get(nas.endpointId)).toEqual(SHARED);
  });

  it('shows no token of a ticket that failed, once another join has paired the two without one', async () => {
    const world = testWorld();
    const [nas, laptop] = [await world.device('nas'), await world.device('laptop')];
    const { ticket } = await nas.offer('accept', 300_000, SHARED);
    const { words } = await nas.offer();
    const first = await laptop.join(ticket, 'ask');
    const second = await laptop.join(words, 'ask');
    await world.clock.advance(100);
    await laptop.cancel(first);
    await laptop.decide(second, true);
    await world.clock.advance(3_000);
    expect(laptop.completed()).toHaveLength(1);
    expect([laptop.store.tokens(), laptop.switchboard.lent.size]).toEqual([[], 0]);
    expect(laptop.switchboard.hints.get(nas.endpointId)).toEqual([RELAY]);
  });

  it.each([
    ['without its token', [], 'missing', /wants a token and the ticket holds none/],
    ['with a token it does not take', SHARED, 'ticket', /does not take the token of the ticket/],
  ])('is told that the relay of a ticket %s refused it, and what to ask for', async (_what, shared, token, told) => {
    const { world, nas, laptop } = await twoNetworks();
    const { ticket } = await nas.offer('accept', 300_000, shared);
    world.network.setRelayUp(false);
    laptop.switchboard.setRelays([refusedBy(RELAY)]);
    await laptop.join(ticket);
    await world.clock.advance(30_000);
    const [failure] = laptop.failed();
    expect(failure?.code).toBe('NOBODY_FOUND');
    expect(failure?.reason).toContain('Ask for a ticket that shares it');
    expect(failure?.circumstance).toEqual({ kind: 'relayTokenWanted' });
    const attempt = failure?.attempts.find(({ via }) => via === 'ticket');
    expect(attempt?.reason).toMatch(told);
    expect(attempt?.reason).toContain('relay.test');
    expect(attempt?.relays).toEqual([{ url: RELAY, state: 'down', downReason: 'auth', token }]);
  });

  it('is told which of its own relays did not help with the words', async () => {
    const world = testWorld();
    const laptop = await world.device('laptop', { hasMdns: false });
    const nas = await world.device('nas');
    const { words, sessionId } = await nas.offer();
    await nas.cancel(sessionId);
    world.network.setRelayUp(false);
    laptop.switchboard.setRelays([refusedBy(RELAY)]);
    await laptop.join(words);
    await world.clock.advance(30_000);
    const attempt = laptop.failed()[0]?.attempts.find(({ via }) => via === 'rendezvous');
    expect(attempt?.reason).toContain('relay.test refused this device');
    expect(attempt?.relays).toEqual([{ url: RELAY, state: 'down', downReason: 'auth', token: 'own' }]);
  });
});
