import { type Cancel, type Clock, errorMessage, type Logger } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { Heartbeat } from '@bowline/link-protocol';
import type { LinksOptions } from './options.ts';

/** Leaves the heartbeat of an idle link to the endpoint, where its bytes arrive, and has it back when there is more to do. */
export interface IdleDelegation {
  /** An exchange is over: leaves the turns to the endpoint, if the heartbeat can do without them. */
  consider(): void;
  stop(): void;
}

export interface IdleDelegationComponents {
  readonly connection: PeerConnection;
  readonly beat: Heartbeat;
  readonly hasDialled: boolean;
  readonly clock: Clock;
  readonly options: LinksOptions;
  readonly logger: Logger;
  /** Nothing is heard any more. */
  readonly onDead: () => void;
}

/**
 * How long the endpoint goes on without being told anew, milliseconds: half as long again as a worker that hangs may stay unnoticed. The
 * endpoint of links that hang would otherwise speak for them for ever.
 */
const DELEGATED_FOR_MS = 30_000;

/**
 * How often it is told anew, milliseconds. Where it does not answer, the link is asked from here, and found dead; an endpoint that
 * only refuses, or was late, is told again as long after.
 */
const RENEW_EVERY_MS = 20_000;

export const idleDelegation = (components: IdleDelegationComponents): IdleDelegation => {
  const { connection, beat, hasDialled, clock, options, logger, onDead } = components;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let cancelRenewal: Cancel | null = null;

  const takeBack = (): void => {
    if (cancelRenewal === null) return;
    cancelRenewal();
    cancelRenewal = null;
    // It never rejects.
    void connection.stopIdleHeartbeat();
  };

  const delegate = async (rttMs: number): Promise<void> => {
    cancelRenewal = clock.setTimer(RENEW_EVERY_MS, () => void delegate(beat.rttMs ?? rttMs), {
      unref: true,
      isAligned: true,
    });
    const { idleIntervalMs: intervalMs, silenceMs, maxSilenceMs } = options;
    const times = { intervalMs, silenceMs, maxSilenceMs, forMs: DELEGATED_FOR_MS };
    try {
      await connection.startIdleHeartbeat(
        { hasDialled, isOwnTurn: beat.isOwnTurn, rttMs, ...times },
        { onUnanswered: onDead, onRoundTrip: beat.noteRtt },
      );
    } catch (error) {
      logger.debug({ error: errorMessage(error) }, 'endpoint takes no heartbeat');
      notBeforeMs = clock.monotonicMs() + RENEW_EVERY_MS;
      beat.resume();
    }
  };

  return {
    consider: () => {
      const { rttMs } = beat;
      if (clock.monotonicMs() < notBeforeMs || rttMs === null || !beat.canPause) return;
      beat.pause(takeBack);
      // It never rejects.
      void delegate(rttMs);
    },
    stop: takeBack,
  };
};
