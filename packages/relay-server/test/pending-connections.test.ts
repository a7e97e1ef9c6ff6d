import { describe, expect, it } from 'vitest';
import { connectionNameOf, PendingConnections, type PendingSocket } from '../src/pending-connections.ts';

const LIMITS = {
  maxPendingConnections: 4,
  maxPendingPerAddress: 2,
  handshakeTimeoutMs: 1_000,
  connectionRate: { perSecond: 10, burst: 100 },
};

const socketFrom = (remoteAddress: string, remotePort: number): PendingSocket & { readonly isCut: boolean } => {
  const socket = {
    remoteAddress,
    remotePort,
    localAddress: '192.0.2.1',
    localPort: 3340,
    isCut: false,
    destroy: () => {
      socket.isCut = true;
      return socket as never;
    },
  };
  return socket;
};

describe('pending connections', () => {
  it('are bounded per address and in all', () => {
    const pending = new PendingConnections(LIMITS);
    expect(pending.admit(socketFrom('192.0.2.2', 1), 0)).toBeUndefined();
    expect(pending.admit(socketFrom('192.0.2.2', 2), 0)).toBeUndefined();
    expect(pending.admit(socketFrom('192.0.2.2', 3), 0)).toBe('too-many-from-address');
    expect(pending.admit(socketFrom('192.0.2.3', 1), 0)).toBeUndefined();
    expect(pending.admit(socketFrom('192.0.2.4', 1), 0)).toBeUndefined();
    expect(pending.admit(socketFrom('192.0.2.5', 1), 0)).toBe('too-many-connections');
    expect(pending.size).toBe(4);
  });

  it('make room when they log in or close, once', () => {
    const pending = new PendingConnections(LIMITS);
    const [one, two, three] = [socketFrom('192.0.2.2', 1), socketFrom('192.0.2.2', 2), socketFrom('192.0.2.2', 3)];
    pending.admit(one, 0);
    pending.admit(two, 0);
    pending.settle(connectionNameOf(one));
    pending.settle(connectionNameOf(one));
    expect(pending.admit(three, 0)).toBeUndefined();
    expect(pending.admit(one, 0)).toBe('too-many-from-address');
  });

  it('count a connection once, however often it is admitted', () => {
    const pending = new PendingConnections(LIMITS);
    const socket = socketFrom('192.0.2.2', 1);
    pending.admit(socket, 0);
    pending.admit(socket, 0);
    expect(pending.size).toBe(1);
    expect(pending.admit(socketFrom('192.0.2.2', 2), 0)).toBeUndefined();
  });

  it('are not taken too often from one address', () => {
    const pending = new PendingConnections({ ...LIMITS, connectionRate: { perSecond: 10, burst: 2 } });
    const comeAndGo = (remoteAddress: string, nowMs: number): string | undefined => {
      const socket = socketFrom(remoteAddress, 1);
      const refusal = pending.admit(socket, nowMs);
      pending.settle(connectionNameOf(socket));
      return refusal;
    };
    expect([0, 0, 0].map((nowMs) => comeAndGo('192.0.2.2', nowMs))).toEqual([
      undefined,
      undefined,
      'too-often-from-address',
    ]);
    expect(comeAndGo('192.0.2.3', 0)).toBeUndefined();
    expect(comeAndGo('192.0.2.2', 100)).toBeUndefined();
    expect(comeAndGo('192.0.2.2', 100)).toBe('too-often-from-address');
  });

  it('have their full time again after an answer', () => {
    const pending = new PendingConnections(LIMITS);
    const asking = socketFrom('192.0.2.2', 1);
    const silent = socketFrom('192.0.2.2', 2);
    pending.admit(asking, 0);
    pending.admit(silent, 1);
    pending.renew(connectionNameOf(asking), 900);
    pending.renew('unknown', 900);
    expect(pending.sweep(1_500)).toBe(1);
    expect([asking.isCut, silent.isCut]).toEqual([false, true]);
    expect(pending.sweep(1_900)).toBe(1);
  });

  it('are cut at their deadline, those that settled not', () => {
    const pending = new PendingConnections(LIMITS);
    const early = socketFrom('192.0.2.2', 1);
    const settled = socketFrom('192.0.2.2', 2);
    const late = socketFrom('192.0.2.3', 1);
    pending.admit(early, 0);
    pending.admit(settled, 0);
    pending.admit(late, 500);
    pending.settle(connectionNameOf(settled));
    expect(pending.sweep(999)).toBe(0);
    expect(pending.sweep(1_000)).toBe(1);
    expect([early.isCut, settled.isCut, late.isCut]).toEqual([true, false, false]);
    expect(pending.size).toBe(1);
    pending.clear();
    expect(late.isCut).toBe(true);
    expect(pending.size).toBe(0);
  });
});
