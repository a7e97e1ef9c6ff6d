import type { PeerObservation, SocketAddress } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import { type AddressVerdict, isSeenFromOutside, judgeObservations, type Observation } from './address-verdict.ts';

/** The last observation of everybody on the present network. */
export interface SeenAddresses {
  /** Keeps it in the place of the observer's last one. An address no packet can come from is left out. @param observer tells those apart that stand beside one relay */
  noteObserver(observer: string, observation: Omit<Observation, 'witness'>): void;
  /** Replaces what peers have seen. */
  setPeers(observations: readonly PeerObservation[]): void;
  /** Nothing of it holds any more. */
  forget(): void;
  list(): readonly Observation[];
  /** @param localIps the addresses of the interfaces of this machine */
  verdict(localIps: ReadonlySet<string>): AddressVerdict;
}

/** Observers remembered; the one heard longest ago goes first. */
const MAX_OBSERVERS = 16;

/** Peers that are listened to; the last ones of the list. */
const MAX_PEERS = 64;

export const seenAddresses = (): SeenAddresses => {
  const observers = new BoundedMap<string, Observation>(MAX_OBSERVERS);
  let peers: readonly Observation[] = [];
  const list = (): readonly Observation[] => [...observers.values(), ...peers];
  return {
    noteObserver: (observer, observation) => {
      if (isSeenFromOutside(observation.address)) observers.set(observer, { ...observation, witness: 'observer' });
    },
    setPeers: (observations) => {
      // One word each, whoever repeats a device in the list.
      const last = new Map(observations.slice(-MAX_PEERS).map((each) => [each.deviceId, each]));
      peers = Array.from(last.values())
        .filter(({ address }) => isSeenFromOutside(address))
        .map(({ deviceId, address, seenAtMs }) => ({ address, by: deviceId, witness: 'peer', atMs: seenAtMs }));
    },
    forget: () => {
      observers.clear();
      peers = [];
    },
    list,
    verdict: (localIps) => judgeObservations(list(), localIps),
  };
};

/** Whether two lists hold the same addresses in the same order. */
export const isSameList = (one: readonly SocketAddress[], other: readonly SocketAddress[]): boolean =>
  one.length === other.length && one.every((address, index) => address === other[index]);
