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
 * How long the endpoint goes on alone, milliseconds: then one ping of ours goes all the way, past both endpoints. As long as a worker
 * that hangs stays unnoticed, whose endpoint would otherwise speak for it for ever.
 */
const PROVE_EVERY_MS = 20_000;

/** How long it may go on where it is not taken back. */
const DELEGATED_FOR_MS = 30_000;

export const idleDelegation = (components: IdleDelegationComponents): IdleDelegation => {
  const { connection, beat, hasDialled, clock, options, logger, onDead } = components;
  let isRefused = false;
  let cancelProof: Cancel | null = null;

  /** @returns whether the endpoint had it */
  const takeBack = (): boolean => {
    if (cancelProof === null) return false;
    cancelProof();
    cancelProof = null;
    // It never rejects.
    void connection.stopIdleHeartbeat();
    return true;
  };

  const delegate = async (rttMs: number): Promise<void> => {
    const { idleIntervalMs: intervalMs, silenceMs, maxSilenceMs } = options;
    const times = { intervalMs, silenceMs, maxSilenceMs, forMs: DELEGATED_FOR_MS };
    try {
      await connection.startIdleHeartbeat(
        { hasDialled, isOwnTurn: beat.isOwnTurn, rttMs, ...times },
        { onUnanswered: onDead, onRoundTrip: beat.noteRtt },
      );
    } catch (error) {
      logger.debug({ error: errorMessage(error) }, 'endpoint takes no heartbeat');
      isRefused = true;
      beat.resume();
    }
  };

  return {
    consider: () => {
      const { rttMs } = beat;
      if (isRefused || rttMs === null || !beat.canPause) return;
      beat.pause(takeBack);
      cancelProof = clock.setTimer(PROVE_EVERY_MS, () => beat.resume(), { unref: true, isAligned: true });
      // It never rejects.
      void delegate(rttMs);
    },
    stop: takeBack,
  };
};
