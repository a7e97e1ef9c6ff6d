import {
  brandAs,
  type Cancel,
  type Clock,
  type ConnectionId,
  type EndpointId,
  type SocketAddress,
  socketAddressOf,
} from '@bowline/contracts';
import type { FakeBound } from './fake-bound.ts';
import type { FakeConnection, FakeSide } from './fake-connection.ts';
import type { PipeWeather } from './fake-pipe.ts';

/** What all fake endpoints share: who is bound, how the wires are, and which connections cross them. */
export interface FakeWorld {
  readonly clock: Clock;
  register(endpoint: FakeBound): void;
  unregister(endpoint: FakeBound): void;
  find(endpointId: EndpointId): FakeBound | undefined;
  nextAddress(): SocketAddress;
  nextConnectionId(): ConnectionId;
  weather(from: EndpointId, to: EndpointId): PipeWeather;
  delayMs(one: EndpointId, other: EndpointId): number;
  canGoDirect(one: EndpointId, other: EndpointId): boolean;
  canGoThroughRelay(one: EndpointId, other: EndpointId): boolean;
  /** Calls back after a delay of fake time; at once, but not within the caller's turn, when it is 0. */
  after(delayMs: number, callback: () => void): Cancel;
  /** Pending dials look again whenever somebody bound or a wire changed. */
  onChanged(listener: () => void): Cancel;
  changed(): void;
  connected(connection: FakeConnection): void;
  connections(): readonly FakeConnection[];
  /** One end is gone without a word: the other hears nothing any more. */
  silence(side: FakeSide): void;
  setWire(one: EndpointId, other: EndpointId, change: Partial<Wire>): void;
  setRelayUp(isUp: boolean): void;
}

interface Wire {
  readonly delayMs: number;
  readonly isBlocked: boolean;
  readonly isRelayOnly: boolean;
  readonly isDirectOnly: boolean;
}

const CLEAR_WIRE: Wire = Object.freeze({ delayMs: 0, isBlocked: false, isRelayOnly: false, isDirectOnly: false });

/** A world with nobody in it, clear wires and a relay that is up. */
export const fakeWorld = (clock: Clock): FakeWorld => {
  const registry = new Map<EndpointId, FakeBound>();
  /** Each in a place of its own, which does not change: what lies between two ends is looked at for every frame. */
  const wires = new Map<string, { current: Wire }>();
  const connections = new Set<FakeConnection>();
  const changeListeners = new Set<() => void>();
  let addressCount = 0;
  let connectionCount = 0;
  let isRelayUp = true;

  const key = (one: EndpointId, other: EndpointId): string => (one < other ? `${one} ${other}` : `${other} ${one}`);
  const between = (one: EndpointId, other: EndpointId): { current: Wire } => {
    const name = key(one, other);
    const place = wires.get(name) ?? { current: CLEAR_WIRE };
    wires.set(name, place);
    return place;
  };
  const wire = (one: EndpointId, other: EndpointId): Wire => between(one, other).current;
  const openConnections = (): readonly FakeConnection[] => {
    for (const connection of connections) {
      if (!connection.dialled.isOpen && !connection.accepted.isOpen) connections.delete(connection);
    }
    return [...connections];
  };
  const changed = (): void => {
    for (const listener of [...changeListeners]) listener();
  };

  return {
    clock,
    register: (endpoint) => {
      registry.set(endpoint.id, endpoint);
      changed();
    },
    unregister: (endpoint) => {
      if (registry.get(endpoint.id) === endpoint) registry.delete(endpoint.id);
    },
    find: (endpointId) => registry.get(endpointId),
    nextAddress: () => {
      addressCount += 1;
      return socketAddressOf(`10.0.${addressCount >> 8}.${addressCount & 255}`, 40_000 + addressCount);
    },
    nextConnectionId: () => {
      connectionCount += 1;
      return brandAs<ConnectionId>(`accepted-${connectionCount}`);
    },
    weather: (from, to) => {
      const place = between(from, to);
      return { delayMs: () => place.current.delayMs, isBlocked: () => place.current.isBlocked };
    },
    delayMs: (one, other) => wire(one, other).delayMs,
    canGoDirect: (one, other) => !wire(one, other).isRelayOnly,
    canGoThroughRelay: (one, other) => isRelayUp && !wire(one, other).isDirectOnly,
    after: (delayMs, callback) => {
      if (delayMs > 0) return clock.setTimer(delayMs, callback);
      let isCancelled = false;
      queueMicrotask(() => {
        if (!isCancelled) callback();
      });
      return () => {
        isCancelled = true;
      };
    },
    onChanged: (listener) => {
      changeListeners.add(listener);
      return () => {
        changeListeners.delete(listener);
      };
    },
    changed,
    connected: (connection) => {
      connections.add(connection);
    },
    connections: openConnections,
    silence: (side) => {
      const connection = openConnections().find(({ dialled, accepted }) => dialled === side || accepted === side);
      side.vanish(null);
      const other = connection?.dialled === side ? connection.accepted : connection?.dialled;
      other?.setSilent(true);
    },
    setWire: (one, other, change) => {
      const place = between(one, other);
      place.current = { ...place.current, ...change };
      for (const connection of openConnections()) {
        const { localEndpointId, remoteEndpointId } = connection.dialled.info();
        if (key(localEndpointId, remoteEndpointId) !== key(one, other)) continue;
        if (change.isBlocked !== undefined) {
          connection.dialled.setSilent(change.isBlocked || !connection.accepted.isOpen);
          connection.accepted.setSilent(change.isBlocked || !connection.dialled.isOpen);
        }
        connection.wake();
      }
      changed();
    },
    setRelayUp: (isUp) => {
      isRelayUp = isUp;
      changed();
    },
  };
};
