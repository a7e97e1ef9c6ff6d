import type { Clock, EndpointId } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { PairingSessionsOptions } from './options.ts';

/** Frees the place; who has proven a code to the end was no stranger, and may come again as if it had not come. */
export type LeaveGate = (how?: 'proven') => void;

/** Lets connections in that have proven nothing yet, few at a time. */
export interface UnprovenGate {
  /** A function to call once the connection has proven the code or ended; `null` when it must not come in. */
  enter(connection: PeerConnection): LeaveGate | null;
  readonly count: number;
}

/** The first frame comes half a round trip after the connection; who is silent longer gives way when all places are taken. */
const PATIENCE_MS = 250;

/** Connections one endpoint may open at once after a pause, and how many more each second. An honest one needs two. */
const BURST = 10;
const REFILL_PER_SECOND = 1;

/** Endpoints whose rate is remembered. Forgetting one only gives it a fresh burst. */
const MAX_REMEMBERED = 1_024;

interface Visitor {
  readonly connection: PeerConnection;
  readonly remote: EndpointId;
  readonly sinceMs: number;
}

export const unprovenGate = (
  clock: Clock,
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

  /** Strangers that sit silent must not keep honest ones out: the one that has waited longest goes. */
  const makeRoom = (nowMs: number): boolean => {
    if (inside.size < maxUnproven) return true;
    const [oldest] = inside;
    if (oldest === undefined || nowMs - oldest.sinceMs < PATIENCE_MS) return false;
    inside.delete(oldest);
    void oldest.connection.close('busy', '');
    return true;
  };

  return {
    enter: (connection) => {
      const nowMs = clock.monotonicMs();
      const remote = connection.info.remoteEndpointId;
      const ofRemote = [...inside].filter((visitor) => visitor.remote === remote).length;
      if (!takeToken(remote, nowMs) || ofRemote >= maxUnprovenPerRemote || !makeRoom(nowMs)) return null;
      const visitor: Visitor = { connection, remote, sinceMs: nowMs };
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
