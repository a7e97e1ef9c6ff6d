import { describe, expect, it } from 'vitest';
import {
  connectionNameOf,
  PendingConnections,
  type PendingLimits,
  type PendingSocket,
} from '../src/pending-connections.ts';

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

const table = (limits: PendingLimits = LIMITS, onCrowdedOut = (): void => undefined): PendingConnections =>
  new PendingConnections(limits, onCrowdedOut);

describe('pending connections', () => {
  it('are bounded per address', () => {
    const pending = table();
    expect(pending.admit(socketFrom('192.0.2.2', 1), 0)).toBeUndefined();
    expect(pending.admit(socketFrom('192.0.2.2', 2), 0)).toBeUndefined();
    expect(pending.admit(socketFrom('192.0.2.2', 3), 0)).toBe('too-many-from-address');
    expect(pending.admit(socketFrom('192.0.2.3', 1), 0)).toBeUndefined();
    expect(pending.size).toBe(3);
  });

  it('are bounded in all: the oldest one makes room for a new one, which has all its time', () => {
    let crowdedOut = 0;
    const pending = table(LIMITS, () => {
      crowdedOut += 1;
    });
    const sockets = [2, 3, 4, 5, 6].map((host) => socketFrom(`192.0.2.${host}`, 1));
    for (const [index, socket] of sockets.entries()) expect(pending.admit(socket, index)).toBeUndefined();
    expect(sockets.map(({ isCut }) => isCut)).toEqual([true, false, false, false, false]);
    expect([pending.size, crowdedOut]).toEqual([4, 1]);
    expect(pending.sweep(1_003)).toBe(3);
    expect(sockets.at(-1)?.isCut).toBe(false);
  });

  it('make room for nobody who is refused', () => {
    const pending = table({ ...LIMITS, maxPendingConnections: 2 });
    const [oldest, second] = [socketFrom('192.0.2.2', 1), socketFrom('192.0.2.2', 2)];
    pending.admit(oldest, 0);
    pending.admit(second, 0);
    expect(pending.admit(socketFrom('192.0.2.2', 3), 0)).toBe('too-many-from-address');
    expect([oldest.isCut, second.isCut]).toEqual([false, false]);
  });

  it('count right when one address crowds itself out', () => {
    const pending = table({ ...LIMITS, maxPendingConnections: 1 });
    const sockets = [1, 2, 3].map((port) => socketFrom('192.0.2.2', port));
    for (const socket of sockets) expect(pending.admit(socket, 0)).toBeUndefined();
    for (const socket of sockets) pending.settle(connectionNameOf(socket));
    expect(pending.size).toBe(0);
    for (const socket of sockets.slice(0, 2)) expect(pending.admit(socket, 0)).toBeUndefined();
  });

  it('make room when they log in or close, once', () => {
    const pending = table();
    const [one, two, three] = [socketFrom('192.0.2.2', 1), socketFrom('192.0.2.2', 2), socketFrom('192.0.2.2', 3)];
    pending.admit(one, 0);
    pending.admit(two, 0);
    pending.settle(connectionNameOf(one));
    pending.settle(connectionNameOf(one));
    expect(pending.admit(three, 0)).toBeUndefined();
    expect(pending.admit(one, 0)).toBe('too-many-from-address');
  });

  it('count a connection once, however often it is admitted', () => {
    const pending = table();
    const socket = socketFrom('192.0.2.2', 1);
    pending.admit(socket, 0);
    pending.admit(socket, 0);
    expect(pending.size).toBe(1);
    expect(pending.admit(socketFrom('192.0.2.2', 2), 0)).toBeUndefined();
  });

  it('are not taken too often from one address', () => {
    const pending = table({ ...LIMITS, connectionRate: { perSecond: 10, burst: 2 } });
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
    const pending = table();
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
    const pending = table();
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
