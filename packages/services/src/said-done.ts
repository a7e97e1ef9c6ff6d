import type { Clock, ConnectionId } from '@bowline/contracts';
import { encodeStreamFrames, encodeStreamHeader, type StreamHeader } from '@bowline/stream-protocol';
import { NO_OWNER, type RawStream } from './raw-stream.ts';

/**
 * How long before its end a connection may have stopped to carry anything: a path that died is left within seconds, the peer of
 * an idle link that fell asleep is noticed by QUIC after 30 s.
 */
const UNSURE_MS = 30_000;

type DoneHeader = Extract<StreamHeader, { kind: 'resume' }>;

interface SaidDone {
  readonly header: DoneHeader;
  readonly connectionId: ConnectionId;
  readonly atMs: number;
}

/**
 * Streams whose opener has said `done`, and forgot them. Should their connection end soon after, the other side may not have
 * heard it, and would wait for its last acknowledgement until it gives the stream up as lost: so it is said again.
 */
export interface SaidDoneStreams {
  add(header: DoneHeader, connectionId: ConnectionId): void;
  /** The connection is gone; `null`: every one. */
  lost(connectionId: ConnectionId | null): void;
  /**
   * Says those again whose connection is gone, one after the other, so that they hold up nothing that is asked meanwhile.
   * @param outgoing a fresh QUIC stream; `null` when there is no connection now
   */
  sayAgain(outgoing: () => RawStream | null): Promise<void>;
  clear(): void;
}

interface SaidDoneComponents {
  readonly clock: Clock;
  /** As many as can be under way at once: no answer comes on a path that is dead, and so nothing to say `done` to. */
  readonly mostStreams: number;
  /** After so long the other side has given up by itself. */
  readonly expiryMs: number;
}

export const saidDoneStreams = ({ clock, mostStreams, expiryMs }: SaidDoneComponents): SaidDoneStreams => {
  let recent: SaidDone[] = [];
  let unheard: SaidDone[] = [];
  let isSaying = false;

  const add = (header: DoneHeader, connectionId: ConnectionId): void => {
    recent.push({ header, connectionId, atMs: clock.monotonicMs() });
    if (recent.length >= 2 * mostStreams) recent = recent.slice(-mostStreams);
  };

  const say = async ({ header }: SaidDone, raw: RawStream): Promise<boolean> => {
    raw.own(NO_OWNER);
    const again = { ...header, attempt: header.attempt + 1 };
    const isOpen = await raw.open(encodeStreamFrames([{ kind: 'done' }], encodeStreamHeader(again)));
    if (!isOpen || raw.isOver) return false;
    raw.write([], true);
    raw.finish();
    add(again, raw.connectionId);
    return true;
  };

  return {
    add,
    lost: (connectionId) => {
      const sinceMs = clock.monotonicMs() - UNSURE_MS;
      const isGone = (each: SaidDone): boolean => connectionId === null || each.connectionId === connectionId;
      const gone = recent.slice(-mostStreams).filter((each) => isGone(each) && each.atMs >= sinceMs);
      recent = recent.filter((each) => !isGone(each));
      unheard = [...unheard, ...gone].slice(-mostStreams);
    },
    sayAgain: async (outgoing) => {
      if (isSaying) return;
      isSaying = true;
      try {
        for (let next = unheard[0]; next !== undefined; next = unheard[0]) {
          const isExpired = clock.monotonicMs() - next.atMs > expiryMs;
          const raw = isExpired ? null : outgoing();
          if (!isExpired && (raw === null || !(await say(next, raw)))) return;
          unheard = unheard.filter((each) => each !== next);
        }
      } finally {
        isSaying = false;
      }
    },
    clear: () => {
      recent = [];
      unheard = [];
    },
  };
};
