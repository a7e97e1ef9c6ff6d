import {
  addressScopeOf,
  type DeviceId,
  isDiallableWhenTold,
  parseHostPort,
  type SocketAddress,
} from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';

/**
 * Private addresses that one device may newly claim: as many as it can tell at once, then one a minute. An honest one has a
 * few and keeps them; one that names others all the time has this device knock at a network from within.
 */
const NEW_PRIVATE_RATE = { perSecond: 1 / 60, burst: 16 };

/** What is believed of the addresses that devices tell. */
export interface ToldAddresses {
  /**
   * Those of a device that may be dialled, in order: none of this machine or of a link, where what answers is never a peer,
   * and private ones as far as it has not named too many new ones.
   *
   * @param known what was known of it before
   */
  accept(deviceId: DeviceId, told: readonly SocketAddress[], known: readonly SocketAddress[]): readonly SocketAddress[];
  forget(deviceId: DeviceId): void;
}

export interface ToldAddressesComponents {
  readonly monotonicMs: () => number;
  /** Whether this device stays on this machine, and others on it may be dialled. */
  readonly allowsThisMachine: () => boolean;
}

export const toldAddresses = ({ monotonicMs, allowsThisMachine }: ToldAddressesComponents): ToldAddresses => {
  const allowances = new Map<DeviceId, TokenBucket>();

  const mayBeNew = (deviceId: DeviceId): boolean => {
    const allowance = allowances.get(deviceId) ?? new TokenBucket(NEW_PRIVATE_RATE, monotonicMs());
    allowances.set(deviceId, allowance);
    return allowance.take(1, monotonicMs());
  };
  const isPrivate = (address: SocketAddress): boolean =>
    addressScopeOf(parseHostPort(address)?.host ?? '') === 'private';

  return {
    accept: (deviceId, told, known) => {
      const isOnThisMachine = allowsThisMachine();
      return told.filter((address) => {
        if (!isDiallableWhenTold(address, isOnThisMachine)) return false;
        return !isPrivate(address) || known.includes(address) || mayBeNew(deviceId);
      });
    },
    forget: (deviceId) => void allowances.delete(deviceId),
  };
};
