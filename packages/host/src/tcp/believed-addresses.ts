import { addressScopeOf, type DeviceId, ipOf, type SocketAddress } from '@bowline/contracts';
import { BoundedMap, TokenBucket, type TokenRate } from '@bowline/limits';

/**
 * Places that one device may newly name: as many as it can have, then one a minute. An honest one has a few and keeps them; one
 * that names others all the time has this device knock at a network from within.
 */
const NEW_PLACE_RATE: TokenRate = { perSecond: 1 / 60, burst: 16 };

/** Places that are remembered of one device. */
const MAX_PLACES = 32;

/** Where devices say that they listen for TCP, as far as they are believed. */
export interface BelievedAddresses {
  /** @param told such as may be dialled at all; others are not to be counted */
  accept(deviceId: DeviceId, told: readonly SocketAddress[]): readonly SocketAddress[];
  forget(deviceId: DeviceId): void;
}

export const believedAddresses = (monotonicMs: () => number): BelievedAddresses => {
  const known = new Map<DeviceId, { readonly places: BoundedMap<string, true>; readonly allowance: TokenBucket }>();

  const ofDevice = (deviceId: DeviceId) => {
    const before = known.get(deviceId);
    if (before !== undefined) return before;
    const fresh = {
      places: new BoundedMap<string, true>(MAX_PLACES),
      allowance: new TokenBucket(NEW_PLACE_RATE, monotonicMs()),
    };
    known.set(deviceId, fresh);
    return fresh;
  };

  return {
    accept: (deviceId, told) => {
      const { places, allowance } = ofDevice(deviceId);
      return told.filter((address) => {
        const place = placeOf(address);
        const isBelieved = places.has(place) || allowance.take(1, monotonicMs());
        if (isBelieved) places.set(place, true);
        return isBelieved;
      });
    },
    forget: (deviceId) => void known.delete(deviceId),
  };
};

/**
 * Ports are new ones all the time, and a device that is on the same network may try those of its neighbours by itself. On the
 * internet each counts: nobody is to have a router's looked through from outside.
 */
const placeOf = (address: SocketAddress): string =>
  addressScopeOf(ipOf(address)) === 'internet' ? address : ipOf(address);
