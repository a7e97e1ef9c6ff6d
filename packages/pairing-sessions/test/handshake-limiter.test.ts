import { brandAs, type EndpointId } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { fakeClock, seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { handshakeLimiter } from '../src/handshake-limiter.ts';

const LIMITS = { maxUnproven: 4, maxUnprovenPerRemote: 3 };

const HOME = '192.0.2.1:1';

const stranger = (remote = 'one', from: string | null = HOME) => {
  const closed = Promise.withResolvers<never>();
  const closedWith: string[] = [];
  const connection = {
    info: { remoteEndpointId: brandAs<EndpointId>(remote), path: pathOf(from) },
    closed: closed.promise,
    close: async (name: string) => {
      closedWith.push(name);
    },
  } as unknown as PeerConnection;
  return { connection, closedWith };
};

/** A direct path from an address; through a relay without one. */
const pathOf = (remoteAddress: string | null) => ({
  kind: remoteAddress === null ? 'relay' : 'direct',
  remoteAddress,
  rttMs: null,
});

const limiterWith = (limits = LIMITS) => {
  const clock = fakeClock();
  const limiter = handshakeLimiter({ clock, random: seededRandom(1) }, limits);
  /** Comes, and goes at once; `true` when it was let in. */
  const come = (remote?: string, how?: 'proven'): boolean => {
    const leave = limiter.admit(stranger(remote).connection);
    leave?.(how);
    return leave !== null;
  };
  return { clock, limiter, come };
};

describe('the limiter of connections that have proven nothing', () => {
  it('lets one endpoint in ten times, then once a second', async () => {
    const { clock, come } = limiterWith();
    const first = Array.from({ length: 11 }, () => come());
    expect(first).toEqual([...Array<boolean>(10).fill(true), false]);
    await clock.advance(1_000);
    expect([come(), come()]).toEqual([true, false]);
    expect(come('another')).toBe(true);
  });

  it('does not keep out who goes on trying twice a second', async () => {
    const { clock, come } = limiterWith();
    for (let count = 0; count < 10; count += 1) come();
    const later: boolean[] = [];
    for (let count = 0; count < 8; count += 1) {
      await clock.advance(500);
      later.push(come());
    }
    expect(later.filter((isIn) => isIn)).toHaveLength(4);
  });

  it('counts nothing against who proves the code', () => {
    const { come } = limiterWith();
    expect(Array.from({ length: 50 }, () => come('one', 'proven')).every((isIn) => isIn)).toBe(true);
  });

  it('gives a proof back once only', () => {
    const { limiter, come } = limiterWith();
    const leave = limiter.admit(stranger().connection);
    for (let count = 0; count < 5; count += 1) leave?.('proven');
    const next = Array.from({ length: 11 }, () => come());
    expect(next.filter((isIn) => isIn)).toHaveLength(10);
  });

  it('lets three connections of one endpoint wait at once', () => {
    const { limiter } = limiterWith();
    const inside = Array.from({ length: 4 }, () => limiter.admit(stranger().connection) !== null);
    expect(inside).toEqual([true, true, true, false]);
    expect(limiter.count).toBe(3);
  });

  it('always lets a newcomer in, for whom one of those inside goes', () => {
    const { limiter } = limiterWith();
    const inside = ['0', '1', '2', '3'].map((remote) => stranger(remote));
    for (const { connection } of inside) limiter.admit(connection);
    expect(limiter.admit(stranger('4').connection)).not.toBeNull();
    expect(inside.flatMap(({ closedWith }) => closedWith)).toEqual(['busy']);
    expect(limiter.count).toBe(4);
  });

  it('keeps a newcomer while half as many come as there are places, three times out of four', () => {
    let stayed = 0;
    for (let round = 0; round < 100; round += 1) {
      const { limiter } = limiterWith({ maxUnproven: 64, maxUnprovenPerRemote: 3 });
      for (let count = 0; count < 64 + round; count += 1) limiter.admit(stranger(`before ${count}`).connection);
      const newcomer = stranger('newcomer');
      limiter.admit(newcomer.connection);
      for (let count = 0; count < 32; count += 1) limiter.admit(stranger(`after ${count}`).connection);
      if (newcomer.closedWith.length === 0) stayed += 1;
    }
    expect(stayed).toBeGreaterThan(60);
  });

  it.each([
    ['another address', '192.0.2.2:1'],
    ['another IPv6 network', '[2001:db8:1::1]:1'],
    ['a relay', null],
  ])('never sends away who comes from %s while one network fills the places', (_where, from) => {
    const { limiter } = limiterWith();
    const honest = stranger('honest', from);
    limiter.admit(honest.connection);
    for (let count = 0; count < 200; count += 1) limiter.admit(stranger(`${count}`).connection);
    expect(honest.closedWith).toEqual([]);
  });

  it('takes all addresses of one IPv6 network for one', () => {
    const { limiter } = limiterWith();
    const honest = stranger('honest', '[2001:db8:1::1]:1');
    limiter.admit(honest.connection);
    for (let count = 1; count < 200; count += 1) {
      limiter.admit(stranger(`${count}`, `[2001:db8:0:1::${count.toString(16)}]:${count}`).connection);
    }
    expect(honest.closedWith).toEqual([]);
  });

  it('counts nothing against who had to make room', () => {
    const { limiter } = limiterWith({ maxUnproven: 1, maxUnprovenPerRemote: 3 });
    const turns = Array.from({ length: 40 }, (_, count) => limiter.admit(stranger(`${count % 2}`).connection) !== null);
    expect(turns.every((isIn) => isIn)).toBe(true);
  });
});
