import type { Clock, EndpointId, Random } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { PairingSessionsOptions } from './options.ts';
import { remoteNetworkOf } from './remote-network.ts';

/** Frees the place; who has proven a code to the end was no stranger, and may come again as if it had not come. */
export type LeaveGate = (how?: 'proven') => void;

/** Lets connections in that have proven nothing yet, a bounded number at a time. */
export interface UnprovenGate {
  /** A function to call once the connection has proven the code or ended; `null` when it must not come in. */
  enter(connection: PeerConnection): LeaveGate | null;
  readonly count: number;
}

/** Connections one endpoint may open at once after a pause, and how many more each second. An honest one needs two. */
const BURST = 10;
const REFILL_PER_SECOND = 1;

/** Endpoints whose rate is remembered. Forgetting one only gives it a fresh burst. */
const MAX_REMEMBERED = 1_024;

interface Visitor {
  readonly connection: PeerConnection;
  readonly remote: EndpointId;
  readonly network: string;
}

/**
 * When all places are taken, a newcomer gets one all the same. An honest joiner's first frame comes right behind its
 * connection, so whoever has been inside for longer is more likely to be silent on purpose; and whoever comes from the
 * network that fills most places makes room before anybody else does. A newcomer that had to wait for a place to become
 * free could be kept out for good by strangers that come again as soon as they are sent away.
 */
export const unprovenGate = (
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  { maxUnproven, maxUnprovenPerRemote }: Pick<PairingSessionsOptions, 'maxUnproven' | 'maxUnprovenPerRemote'>,
): UnprovenGate => {
  const inside = new Set<Visitor>();
  const allowances = new Map<EndpointId, { tokens: number; atMs: number }>();

  const takeToken = (remote: EndpointId, nowMs: number): boolean => {
    const known = allowances.get(remote) ?? { tokens: BURST, atMs: nowMs };
    const refilled = Math.min(BURST, known.tokens + ((nowMs - known.atMs) / 1_000) * REFILL_PER_SECOND);
    // Re-inserted, so that the first entry is always the one seen longest ago.
    allowances.delete(remote);
    // Who is turned away pays nothing: an honest joiner that tries once a second gets in.
    allowances.set(remote, { tokens: refilled >= 1 ? refilled - 1 : refilled, atMs: nowMs });
    for (const oldest of allowances.keys()) {
      if (allowances.size <= MAX_REMEMBERED) break;
      allowances.delete(oldest);
    }
    return refilled >= 1;
  };

  const giveTokenBack = (remote: EndpointId): void => {
    const known = allowances.get(remote);
    if (known !== undefined) allowances.set(remote, { ...known, tokens: Math.min(BURST, known.tokens + 1) });
  };

  /** The network with the most places; that of the newcomer when it is one of them. */
  const fullestNetwork = (newcomer: string): string => {
    const places = new Map<string, number>();
    for (const { network } of inside) places.set(network, (places.get(network) ?? 0) + 1);
    let fullest = newcomer;
    for (const [network, count] of places) if (count > (places.get(fullest) ?? 0)) fullest = network;
    return fullest;
  };

  /** The older of two drawn by lot: nobody can time its coming so that a certain other one has to go. */
  const makeRoom = (newcomer: string): void => {
    const fullest = fullestNetwork(newcomer);
    const crowd = [...inside].filter(({ network }) => network === fullest);
    const [one, other] = [random.ratio(), random.ratio()].map((ratio) => Math.floor(ratio * crowd.length));
    const leaving = crowd[Math.min(one ?? 0, other ?? 0)];
    if (leaving === undefined) return;
    inside.delete(leaving);
    giveTokenBack(leaving.remote);
    void leaving.connection.close('busy', '');
  };

  return {
    enter: (connection) => {
      const nowMs = clock.monotonicMs();
      const remote = connection.info.remoteEndpointId;
      const ofRemote = [...inside].filter((visitor) => visitor.remote === remote).length;
      if (ofRemote >= maxUnprovenPerRemote || !takeToken(remote, nowMs)) return null;
      const visitor: Visitor = { connection, remote, network: remoteNetworkOf(connection.info.path) };
      if (inside.size >= maxUnproven) makeRoom(visitor.network);
      inside.add(visitor);
      let isGivenBack = false;
      const leave: LeaveGate = (how) => {
        inside.delete(visitor);
        if (how !== 'proven' || isGivenBack) return;
        isGivenBack = true;
        giveTokenBack(remote);
      };
      void connection.closed.then(() => leave());
      return leave;
    },
    get count() {
      return inside.size;
    },
  };
};
