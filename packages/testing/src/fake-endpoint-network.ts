import type { Clock, ConnectionInfo, ConnectionPath, EndpointId, SocketAddress } from '@bowline/contracts';
import { type FakeEndpoint, fakeEndpoint } from './fake-endpoint.ts';
import { fakeWorld } from './fake-world.ts';

/**
 * Endpoint actors in memory that can dial each other, and the wires between them.
 *
 * It keeps to the endpoint channel's contract, and where the contract leaves room it is as unkind as QUIC: a dial
 * succeeds before the other side has admitted it, a close drops what is still under way, a silent wire is noticed after
 * 30 s. With no delay set, everything happens in microtasks: `await settle()` is enough.
 */
export interface FakeEndpointNetwork {
  /**
   * One more endpoint actor, as one device's worker; it can bind several keys.
   *
   * @param addresses where each key that it binds is found. @defaultValue another address for each
   */
  endpoint(addresses?: () => readonly SocketAddress[]): FakeEndpoint;
  /** One-way delay between two endpoints from now on, milliseconds. A dial takes two of them. */
  setDelay(one: EndpointId, other: EndpointId, delayMs: number): void;
  /** Nothing crosses: frames and closes wait, dials time out, connections end by `timeout` after 30 s. */
  block(one: EndpointId, other: EndpointId): void;
  /** Everything that waited crosses, in order. */
  unblock(one: EndpointId, other: EndpointId): void;
  /** Whether dials between two endpoints may use direct addresses. Live connections stay as they are. */
  setRelayOnly(one: EndpointId, other: EndpointId, isRelayOnly: boolean): void;
  /** Whether dials between two endpoints may not go through the relay. Live connections stay as they are. */
  setDirectOnly(one: EndpointId, other: EndpointId, isDirectOnly: boolean): void;
  /** Whether dials may go through the relay at all. Live connections stay as they are. */
  setRelayUp(isUp: boolean): void;
  /** Ends every connection between two endpoints on both sides, with no word from either. */
  cut(one: EndpointId, other: EndpointId): void;
  /** Moves every connection between two endpoints to another kind of path, and tells both sides. */
  movePath(one: EndpointId, other: EndpointId, kind: ConnectionPath['kind']): void;
  /** Tells `one` what share of its packets to `other` was lost, on every connection of the two. */
  tellLoss(one: EndpointId, other: EndpointId, lossRatio: number | null): void;
  /** `one` hears `other` from another address on every connection of the two, and is told so. */
  moveAddress(one: EndpointId, other: EndpointId, remoteAddress: SocketAddress): void;
  /** Connections with at least one end open: what a leak test looks at. */
  readonly openConnectionCount: number;
  /** Connections with both ends open, as their dialling ends see them. */
  standing(): readonly ConnectionInfo[];
}

/** @param options.clock turns delays and limits; give it the same fake clock as the actors under test. */
export const fakeEndpointNetwork = (options: { readonly clock: Clock }): FakeEndpointNetwork => {
  const world = fakeWorld(options.clock);

  const sidesBetween = (one: EndpointId, other: EndpointId) =>
    world
      .connections()
      .flatMap(({ dialled, accepted }) => [dialled, accepted])
      .filter((side) => {
        const { localEndpointId: local, remoteEndpointId: remote } = side.info();
        return (local === one && remote === other) || (local === other && remote === one);
      });

  return {
    endpoint: (addresses) => fakeEndpoint(world, addresses),
    setDelay: (one, other, delayMs) => world.setWire(one, other, { delayMs }),
    block: (one, other) => world.setWire(one, other, { isBlocked: true }),
    unblock: (one, other) => world.setWire(one, other, { isBlocked: false }),
    setRelayOnly: (one, other, isRelayOnly) => world.setWire(one, other, { isRelayOnly }),
    setDirectOnly: (one, other, isDirectOnly) => world.setWire(one, other, { isDirectOnly }),
    setRelayUp: world.setRelayUp,
    cut: (one, other) => {
      for (const side of sidesBetween(one, other)) {
        side.vanish({ by: 'lost', code: null, name: null, reason: 'cut' });
      }
    },
    moveAddress: (one, other, remoteAddress) => {
      for (const side of sidesBetween(one, other)) {
        const { localEndpointId, path } = side.info();
        if (localEndpointId === one) side.movePath({ kind: 'direct', remoteAddress, rttMs: path?.rttMs ?? null });
      }
    },
    tellLoss: (one, other, lossRatio) => {
      for (const side of sidesBetween(one, other)) if (side.info().localEndpointId === one) side.tellLoss(lossRatio);
    },
    movePath: (one, other, kind) => {
      for (const side of sidesBetween(one, other)) {
        const { remoteEndpointId, path } = side.info();
        const remoteAddress = kind === 'direct' ? (world.find(remoteEndpointId)?.addresses[0] ?? null) : null;
        side.movePath({ kind, remoteAddress, rttMs: path?.rttMs ?? null });
      }
    },
    standing: () => {
      const standing: ConnectionInfo[] = [];
      for (const { dialled, accepted } of world.connections()) {
        if (dialled.isOpen && accepted.isOpen) standing.push(dialled.info());
      }
      return standing;
    },
    get openConnectionCount() {
      return world.connections().length;
    },
  };
};
