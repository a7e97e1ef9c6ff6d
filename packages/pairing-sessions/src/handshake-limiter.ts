import type { Clock, EndpointId, Random } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { BoundedMap, TokenBucket } from '@bowline/limits';
import type { PairingSessionsOptions } from './options.ts';
import { remoteNetworkOf } from './remote-network.ts';

/** Frees the place; who has proven a code to the end was no stranger, and may come again as if it had not come. */
export type ReleasePlace = (how?: 'proven') => void;

/** Bounds the connections that have proven nothing yet. */
export interface HandshakeLimiter {
  /** A function to call once the connection has proven the code or ended; `null` when it gets no place. */
  admit(connection: PeerConnection): ReleasePlace | null;
  readonly count: number;
}

/** Connections one endpoint may open at once after a pause, and how many more each second. An honest one needs two. */
const RATE = { perSecond: 1, burst: 10 };

/** Endpoints whose rate is remembered. Forgetting one only gives it a fresh burst. */
const MAX_REMEMBERED = 1_024;

interface Stranger {
  readonly connection: PeerConnection;
  readonly remote: EndpointId;
  readonly network: string;
}

/**
 * When all places are taken, a newcomer gets one all the same. An honest joiner's first frame comes right behind its
 * connection, so whoever was admitted earlier is more likely to be silent on purpose; and whoever comes from the
 * network that fills most places makes room before anybody else does. A newcomer that had to wait for a place to become
 * free could be kept out for good by strangers that come again as soon as they are sent away.
 */
export const handshakeLimiter = (
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  { maxUnproven, maxUnprovenPerRemote }: Pick<PairingSessionsOptions, 'maxUnproven' | 'maxUnprovenPerRemote'>,
): HandshakeLimiter => {
  const admitted = new Set<Stranger>();
  const allowances = new BoundedMap<EndpointId, TokenBucket>(MAX_REMEMBERED);

  /** Who is refused pays nothing: an honest joiner that tries once a second gets in. */
  const takeToken = (remote: EndpointId, nowMs: number): boolean => {
    const allowance = allowances.get(remote) ?? new TokenBucket(RATE, nowMs);
    // Set again, so that the one seen longest ago gives way.
    allowances.set(remote, allowance);
    return allowance.take(1, nowMs);
  };

  const giveTokenBack = (remote: EndpointId): void => allowances.get(remote)?.giveBack(1, clock.monotonicMs());

  /** The network with the most places; that of the newcomer when it is one of them. */
  const fullestNetwork = (newcomer: string): string => {
    const places = new Map<string, number>();
    for (const { network } of admitted) places.set(network, (places.get(network) ?? 0) + 1);
    let fullest = newcomer;
    for (const [network, count] of places) if (count > (places.get(fullest) ?? 0)) fullest = network;
    return fullest;
  };

  /** The older of two drawn by lot: nobody can time its coming so that a certain other one has to go. */
  const makeRoom = (newcomer: string): void => {
    const fullest = fullestNetwork(newcomer);
    const crowd = [...admitted].filter(({ network }) => network === fullest);
    const [one, other] = [random.ratio(), random.ratio()].map((ratio) => Math.floor(ratio * crowd.length));
    const leaving = crowd[Math.min(one ?? 0, other ?? 0)];
    if (leaving === undefined) return;
    admitted.delete(leaving);
    giveTokenBack(leaving.remote);
    void leaving.connection.close('busy', '');
  };

  return {
    admit: (connection) => {
      const nowMs = clock.monotonicMs();
      const remote = connection.info.remoteEndpointId;
      const ofRemote = [...admitted].filter((other) => other.remote === remote).length;
      if (ofRemote >= maxUnprovenPerRemote || !takeToken(remote, nowMs)) return null;
      const stranger: Stranger = { connection, remote, network: remoteNetworkOf(connection.info.path) };
      if (admitted.size >= maxUnproven) makeRoom(stranger.network);
      admitted.add(stranger);
      let isGivenBack = false;
      const release: ReleasePlace = (how) => {
        admitted.delete(stranger);
        if (how !== 'proven' || isGivenBack) return;
        isGivenBack = true;
        giveTokenBack(remote);
      };
      void connection.closed.then(() => release());
      return release;
    },
    get count() {
      return admitted.size;
    },
  };
};
