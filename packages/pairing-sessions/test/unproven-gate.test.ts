import { brandAs, type EndpointId } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { unprovenGate } from '../src/unproven-gate.ts';

const LIMITS = { maxUnproven: 4, maxUnprovenPerRemote: 3 };

const stranger = (remote = 'one') => {
  const closed = Promise.withResolvers<never>();
  const closedWith: string[] = [];
  const connection = {
    info: { remoteEndpointId: brandAs<EndpointId>(remote) },
    closed: closed.promise,
    close: async (name: string) => {
      closedWith.push(name);
    },
  } as unknown as PeerConnection;
  return { connection, closedWith };
};

const gateWith = () => {
  const clock = fakeClock();
  const gate = unprovenGate(clock, LIMITS);
  /** Comes, and goes at once; `true` when it was let in. */
  const visit = (remote?: string, how?: 'proven'): boolean => {
    const leave = gate.enter(stranger(remote).connection);
    leave?.(how);
    return leave !== null;
  };
  return { clock, gate, visit };
};

describe('the gate for connections that have proven nothing', () => {
  it('lets one endpoint in ten times, then once a second', async () => {
    const { clock, visit } = gateWith();
    const first = Array.from({ length: 11 }, () => visit());
    expect(first).toEqual([...Array<boolean>(10).fill(true), false]);
    await clock.advance(1_000);
    expect([visit(), visit()]).toEqual([true, false]);
    expect(visit('another')).toBe(true);
  });

  it('does not keep out who goes on trying twice a second', async () => {
    const { clock, visit } = gateWith();
    for (let count = 0; count < 10; count += 1) visit();
    const later: boolean[] = [];
    for (let count = 0; count < 8; count += 1) {
      await clock.advance(500);
      later.push(visit());
    }
    expect(later.filter((isIn) => isIn)).toHaveLength(4);
  });

  it('counts nothing against who proves the code', () => {
    const { visit } = gateWith();
    expect(Array.from({ length: 50 }, () => visit('one', 'proven')).every((isIn) => isIn)).toBe(true);
  });

  it('gives a proof back once only', () => {
    const { gate, visit } = gateWith();
    const leave = gate.enter(stranger().connection);
    for (let count = 0; count < 5; count += 1) leave?.('proven');
    const next = Array.from({ length: 11 }, () => visit());
    expect(next.filter((isIn) => isIn)).toHaveLength(10);
  });

  it('lets three connections of one endpoint wait at once', () => {
    const { gate } = gateWith();
    const inside = Array.from({ length: 4 }, () => gate.enter(stranger().connection) !== null);
    expect(inside).toEqual([true, true, true, false]);
    expect(gate.count).toBe(3);
  });

  it('sends the longest silent one away when all places are taken, but nobody who has just come', async () => {
    const { clock, gate } = gateWith();
    const silent = stranger('0');
    gate.enter(silent.connection);
    for (const remote of ['1', '2', '3']) gate.enter(stranger(remote).connection);
    expect(gate.enter(stranger('4').connection)).toBeNull();
    await clock.advance(250);
    expect(gate.enter(stranger('4').connection)).not.toBeNull();
    expect(silent.closedWith).toEqual(['busy']);
    expect(gate.count).toBe(4);
  });
});
