import type { Clock, IdleHeartbeat } from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';
import { heartbeat } from './heartbeat.ts';
import { type HeartbeatFrame, readHeartbeat, writeHeartbeat } from './heartbeat-frame.ts';
import { IDLE_NONCE_RANGE, IDLE_NONCES, openPings } from './open-pings.ts';

/** The heartbeat of an idle connection, where its bytes arrive. */
export interface RunningIdleHeartbeat {
  /** @returns whether the frame was its business; every frame proves the other side */
  take(frame: Uint8Array): boolean;
  /** Goes on as it is, for this long from now. @returns whether it did: not when it is over */
  goOn(forMs: number): boolean;
  stop(): void;
}

/** What {@link idleHeartbeat} needs. */
export interface IdleHeartbeatComponents {
  readonly clock: Clock;
  readonly heartbeat: IdleHeartbeat;
  readonly send: (frame: Uint8Array) => void;
  /** Nothing was heard for too long after a question. Told once; it has stopped. */
  readonly onUnanswered: () => void;
  readonly onRoundTrip: (rttMs: number) => void;
  /** Every question that was answered, and how long that took. @defaultValue nobody hears of it */
  readonly onMeasured?: (rttMs: number) => void;
}

/** Questions answered here, far above the one a second that two sides ask; those beyond are for whoever owns the link to judge. */
const ANSWER_RATE = { perSecond: 10, burst: 100 };

/** What a round trip has to change by to be told: a part of it, and milliseconds. */
const TOLD_RATIO = 0.25;
const TOLD_MS = 2;

/** Goes on from the turn it is told of, until it is stopped, the other side falls silent, or its time is over. */
export const idleHeartbeat = (components: IdleHeartbeatComponents): RunningIdleHeartbeat => {
  const { clock, heartbeat: told, send, onUnanswered, onRoundTrip } = components;
  const pings = openPings(clock, IDLE_NONCE_RANGE);
  const startedAtMs = clock.monotonicMs();
  const allowance = new TokenBucket(ANSWER_RATE, startedAtMs);
  let untilMs = startedAtMs + told.forMs;
  let toldRttMs = told.rttMs;
  let isOver = false;

  const say = (kind: 'ping' | 'pong', nonce: number): void => {
    const frame = writeHeartbeat({ kind, nonce });
    if (frame !== null) send(frame);
  };
  const stop = (): void => {
    isOver = true;
    beat.stop();
  };
  /** Looked at when there is something to do: a timer of its own would wake the device to do nothing. */
  const isTimeOver = (): boolean => {
    if (!isOver && clock.monotonicMs() >= untilMs) stop();
    return isOver;
  };

  const beat = heartbeat({
    clock,
    times: {
      idleIntervalMs: told.intervalMs,
      silenceMs: told.silenceMs,
      maxSilenceMs: told.maxSilenceMs,
      // Whoever owns the link has it back before it is in use, and when the network changes.
      activeIntervalMs: told.intervalMs,
      activeForMs: 0,
      silenceAfterChangeMs: told.silenceMs,
    },
    hasDialled: told.hasDialled,
    initialRttMs: told.rttMs,
    continues: { isOwnTurn: told.isOwnTurn },
    sendPing: () => {
      if (!isTimeOver()) say('ping', pings.open());
    },
    hasUnacknowledged: () => false,
    onDead: () => {
      isOver = true;
      onUnanswered();
    },
  });

  const tellRoundTrip = (): void => {
    const { rttMs } = beat;
    if (rttMs === null || Math.abs(rttMs - toldRttMs) < Math.max(TOLD_MS, toldRttMs * TOLD_RATIO)) return;
    toldRttMs = rttMs;
    onRoundTrip(rttMs);
  };

  const answer = (nonce: number): boolean => {
    if (nonce >= IDLE_NONCES || !allowance.take(1, clock.monotonicMs())) return false;
    beat.heardAsking();
    say('pong', nonce);
    return true;
  };
  const measure = (nonce: number): boolean => {
    const rttMs = pings.answer(nonce);
    if (rttMs === null) return false;
    beat.heardAnswering(rttMs);
    components.onMeasured?.(rttMs);
    tellRoundTrip();
    return true;
  };
  const takeHeartbeat = (frame: HeartbeatFrame | null): boolean => {
    if (frame === null) return false;
    return frame.kind === 'ping' ? answer(frame.nonce) : measure(frame.nonce);
  };

  return {
    take: (bytes) => {
      if (isTimeOver()) return false;
      const isTaken = takeHeartbeat(readHeartbeat(bytes));
      if (!isTaken) beat.heard();
      return isTaken;
    },
    goOn: (forMs) => {
      if (isTimeOver()) return false;
      untilMs = clock.monotonicMs() + forMs;
      return true;
    },
    stop,
  };
};
