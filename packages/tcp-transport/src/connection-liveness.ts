import type { Cancel, Clock } from '@bowline/contracts';
import type { TcpTransportOptions } from './options.ts';

/** A timer that is later than this was held up with the whole process: what came meanwhile was not looked at yet. */
const LATE_MS = 500;

/** Whether the other end of a connection is there, and whether anybody needs the connection. */
export interface ConnectionLiveness {
  noteHeard(): void;
  noteSent(): void;
  /** A stream came or went. */
  streamsChanged(): void;
  /** Whether something is heard, now or soon. */
  prove(): Promise<boolean>;
  stop(): void;
}

interface ConnectionLivenessComponents {
  readonly clock: Clock;
  readonly options: TcpTransportOptions;
  /** Nothing is read now, by this side's choice. */
  readonly isPaused: () => boolean;
  readonly hasStreams: () => boolean;
  readonly sendAlive: () => void;
  readonly sendAsk: () => void;
  readonly onSilent: () => void;
  readonly onIdle: () => void;
}

/**
 * While streams are on a connection both sides say something at least every half second, so that silence means something.
 * Without streams nothing is said: whoever wants to use the connection again asks first.
 */
export const connectionLiveness = (components: ConnectionLivenessComponents): ConnectionLiveness => {
  const { clock, options, isPaused, hasStreams, sendAlive, sendAsk, onSilent, onIdle } = components;
  let heardAtMs = clock.monotonicMs();
  let sentAtMs = clock.monotonicMs();
  let waiting: ((isHeard: boolean) => void)[] = [];
  let cancelTimer: Cancel = () => undefined;
  let mode: 'idle' | 'watching' | null = null;
  let isStopped = false;

  const settle = (isHeard: boolean): void => {
    const settled = waiting;
    waiting = [];
    for (const each of settled) each(isHeard);
  };

  const look = (dueMs: number): void => {
    const nowMs = clock.monotonicMs();
    if (isPaused() || nowMs - dueMs > LATE_MS) heardAtMs = nowMs;
    if (nowMs - heardAtMs >= options.silenceMs) {
      onSilent();
      return;
    }
    if (hasStreams() && nowMs - sentAtMs >= options.aliveIntervalMs / 2) sendAlive();
    arm();
  };

  /** Every half second while something is waited for, once when nothing is. */
  const arm = (): void => {
    cancelTimer();
    if (isStopped) return;
    mode = hasStreams() || waiting.length > 0 ? 'watching' : 'idle';
    const delayMs = mode === 'watching' ? options.aliveIntervalMs : options.idleMs;
    const dueMs = clock.monotonicMs() + delayMs;
    cancelTimer = clock.setTimer(delayMs, () => (mode === 'watching' ? look(dueMs) : onIdle()), { unref: true });
  };
  /** Silence counts from here on. */
  const beginToWatch = (): void => {
    const wasWatching = mode === 'watching';
    if (!wasWatching) heardAtMs = clock.monotonicMs();
    if (wasWatching !== (hasStreams() || waiting.length > 0)) arm();
  };

  return {
    noteHeard: () => {
      heardAtMs = clock.monotonicMs();
      if (waiting.length === 0) return;
      settle(true);
      beginToWatch();
    },
    noteSent: () => {
      sentAtMs = clock.monotonicMs();
    },
    streamsChanged: () => {
      if (mode === null) arm();
      else beginToWatch();
    },
    prove: () => {
      if (hasStreams() && clock.monotonicMs() - heardAtMs < options.aliveIntervalMs * 2) return Promise.resolve(true);
      return new Promise((resolve) => {
        waiting.push(resolve);
        beginToWatch();
        sendAsk();
      });
    },
    stop: () => {
      isStopped = true;
      cancelTimer();
      settle(false);
    },
  };
};
