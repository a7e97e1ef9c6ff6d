import type { ConnectionId } from '@bowline/contracts';
import type { PeerServices } from './peer-services.ts';

/** Most that is held of connections whose link was not told of yet. */
const MAX_HELD = 512;

/** The same of one connection, so that one device leaves room for what others open. */
const MAX_HELD_OF_ONE = 32;

type Then = (peer: PeerServices) => void;

/**
 * What came on a connection before its link was told of. Both come from the endpoint, but by different ways, so one may
 * overtake the other.
 */
export interface EarlyStreams {
  /** Whether there was room. */
  hold(connectionId: ConnectionId, then: Then): boolean;
  release(connectionId: ConnectionId): readonly Then[];
  forget(connectionId: ConnectionId): void;
}

export const earlyStreams = (): EarlyStreams => {
  const held = new Map<ConnectionId, Then[]>();
  let count = 0;
  const take = (connectionId: ConnectionId): readonly Then[] => {
    const taken = held.get(connectionId) ?? [];
    held.delete(connectionId);
    count -= taken.length;
    return taken;
  };
  return {
    hold: (connectionId, then) => {
      const before = held.get(connectionId) ?? [];
      if (count >= MAX_HELD || before.length >= MAX_HELD_OF_ONE) return false;
      count += 1;
      held.set(connectionId, [...before, then]);
      return true;
    },
    release: take,
    forget: take,
  };
};
