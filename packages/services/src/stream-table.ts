import type { Cancel, Clock } from '@bowline/contracts';
import type { StreamRole } from '@bowline/stream-protocol';
import { StreamExpiredError } from './errors.ts';
import type { KeptStream } from './kept-stream.ts';
import type { ServicesOptions } from './options.ts';

/** How long a reset is kept to be said again, should its connection have gone with it. */
const RESET_KEPT_MS = 10_000;

/** A stream, and what is known of it beside its own state. */
export interface StreamEntry {
  readonly stream: KeptStream;
  /** Names it among all streams with the device: who opened it, and its id on the wire. */
  readonly wireId: string;
  /** Whether it is known to carry much. */
  readonly isLarge: boolean;
  /** Since when it has no QUIC stream, or was complete; monotonic. */
  sinceMs: number;
  isSettledTold: boolean;
  /** Opener: whether it has the other side's answer, or why not. */
  readonly answered: PromiseWithResolvers<void>;
}

/** Every stream with one device until nobody can ask for it any more: it waited too long, or both sides have settled it. */
export interface StreamTable {
  get(wireId: string): StreamEntry | undefined;
  entryOf(stream: KeptStream): StreamEntry | undefined;
  /** All of them, as they are now. */
  entries(): readonly StreamEntry[];
  /** How many are not settled, of one side; of one service, if it is named. */
  liveCount(kind: StreamRole['kind'], service?: string): number;
  add(entry: StreamEntry): void;
  /** From now on it waits: for a QUIC stream, or for the other side to ask for it once more. */
  noteWaiting(entry: StreamEntry): void;
  /** A stream may be over and read. */
  tidy(entry: StreamEntry): void;
  forget(wireId: string): void;
  clear(): void;
}

interface StreamTableComponents {
  readonly clock: Clock;
  readonly options: ServicesOptions;
  readonly isLinked: () => boolean;
  /** A stream has failed, or is complete and read; told once. */
  readonly onSettled: (stream: KeptStream) => void;
}

/** Whether nothing more comes of it. */
export const isSettled = ({ failure, machine }: KeptStream): boolean => failure !== null || machine.isComplete;

export const streamTable = ({ clock, options, isLinked, onSettled }: StreamTableComponents): StreamTable => {
  const kept = new Map<string, StreamEntry>();
  let cancelSweep: Cancel | null = null;

  const armSweep = (): void => {
    cancelSweep ??= clock.setTimer(Math.max(1, Math.floor(options.contactTimeoutMs / 30)), sweep, { unref: true });
  };
  /** Gives up what has waited too long. */
  const sweep = (): void => {
    cancelSweep = null;
    const nowMs = clock.monotonicMs();
    for (const entry of [...kept.values()]) {
      const { stream, sinceMs, wireId } = entry;
      const waitedMs = nowMs - sinceMs;
      if (!isSettled(stream)) {
        if (stream.raw === null && waitedMs >= options.contactTimeoutMs) stream.fail(new StreamExpiredError(waitedMs));
        continue;
      }
      const isReset = stream.failure !== null && stream.role.kind === 'opener';
      const keptMs = isReset && isLinked() ? RESET_KEPT_MS : options.contactTimeoutMs + options.lingerMs;
      if (entry.isSettledTold && waitedMs >= keptMs) kept.delete(wireId);
    }
    if (kept.size > 0) armSweep();
  };

  const noteWaiting = (entry: StreamEntry): void => {
    entry.sinceMs = clock.monotonicMs();
    armSweep();
  };

  /** The oldest of those that only wait to be asked for are forgotten first. */
  const boundLingering = (): void => {
    const lingering = [...kept.values()].filter((entry) => entry.isSettledTold);
    for (const entry of lingering.slice(0, Math.max(0, lingering.length - options.maxLingering))) {
      kept.delete(entry.wireId);
    }
  };

  return {
    get: (wireId) => kept.get(wireId),
    entryOf: (stream) => [...kept.values()].find((each) => each.stream === stream),
    entries: () => [...kept.values()],
    liveCount: (kind, service) =>
      [...kept.values()].filter(
        ({ stream }) =>
          stream.role.kind === kind && !isSettled(stream) && (service === undefined || stream.service === service),
      ).length,
    add: (entry) => {
      kept.set(entry.wireId, entry);
      armSweep();
    },
    noteWaiting,
    tidy: (entry) => {
      const { stream, wireId, answered } = entry;
      if (!isSettled(stream)) return;
      if (stream.failure !== null) answered.reject(stream.failure);
      if (stream.isRead && !entry.isSettledTold) {
        entry.isSettledTold = true;
        onSettled(stream);
      }
      const mayBeAskedFor = stream.failure === null ? !stream.machine.isFinished : stream.machine.resetCode !== null;
      if (!mayBeAskedFor || !stream.isResumable) {
        if (entry.isSettledTold) kept.delete(wireId);
        return;
      }
      noteWaiting(entry);
      boundLingering();
    },
    forget: (wireId) => {
      kept.delete(wireId);
    },
    clear: () => {
      kept.clear();
      cancelSweep?.();
      cancelSweep = null;
    },
  };
};
