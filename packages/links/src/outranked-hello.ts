import type { Cancel, Clock } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { LinkGreeting } from '@bowline/link-protocol';

/**
 * How long the answer to our own hello may be on its way when another one has come, milliseconds, or three round trips where that is
 * more: as long as a path may be silent after the network has changed.
 */
const LEAST_WAIT_MS = 300;

/** Three round trips, and no more than a hello that is said beats another one for. */
const ROUND_TRIPS = 3;

export interface OutrankedHelloComponents {
  readonly clock: Clock;
  readonly mostWaitMs: number;
  /** Ours was not answered meanwhile: this one has its turn. Its connection is open. */
  readonly onTurn: (connection: PeerConnection, hello: LinkGreeting) => void;
}

/**
 * A hello of the other side that our own goes before. The other side has said it and waits, so where ours got lost, it is the link
 * there can be: it stands by for as long as an answer takes. At most one; a newer one takes its place.
 */
export interface OutrankedHello {
  hold(connection: PeerConnection, hello: LinkGreeting): void;
  has(connection: PeerConnection): boolean;
  /** A link is up, or none is wanted: it is closed. */
  drop(): void;
}

export const outrankedHello = ({ clock, mostWaitMs, onTurn }: OutrankedHelloComponents): OutrankedHello => {
  let held: { readonly connection: PeerConnection; readonly hello: LinkGreeting } | null = null;
  let cancelTimer: Cancel | null = null;

  const take = (): typeof held => {
    const taken = held;
    held = null;
    cancelTimer?.();
    cancelTimer = null;
    return taken;
  };
  const onTimer = (): void => {
    const taken = take();
    if (taken !== null) onTurn(taken.connection, taken.hello);
  };
  const waitMs = (connection: PeerConnection): number =>
    Math.min(mostWaitMs, Math.max(LEAST_WAIT_MS, ROUND_TRIPS * (connection.path()?.rttMs ?? 0)));

  return {
    hold: (connection, hello) => {
      // `close` never rejects.
      void held?.connection.close('duplicate', '');
      held = { connection, hello };
      // A newer one does not begin the wait anew: ours is as old as it was.
      cancelTimer ??= clock.setTimer(waitMs(connection), onTimer);
      void connection.closed.then(() => {
        if (held?.connection === connection) take();
      });
    },
    has: (connection) => held?.connection === connection,
    drop: () => {
      const taken = take();
      // `close` never rejects.
      void taken?.connection.close('duplicate', '');
    },
  };
};
