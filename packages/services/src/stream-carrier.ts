import type { Cancel, Clock } from '@bowline/contracts';
import {
  encodeStreamFrames,
  encodeStreamHeader,
  frameSizeBytes,
  MAX_DATA_BYTES,
  type ResumableStream,
  type StreamAnswer,
  type StreamFrame,
  streamPieces,
} from '@bowline/stream-protocol';
import type { ServicesOptions } from './options.ts';
import type { RawStream, RawStreamOwner } from './raw-stream.ts';

/** Bytes of one write to the endpoint: one frame of data and what goes with it. */
const WRITE_BYTES = MAX_DATA_BYTES + 2_048;

/** From so many bytes on a write goes out at once; less waits until the end of the turn for what may go with it. */
const PROMPT_BYTES = 16_384;

/** The QUIC stream that a stream is on, and what goes out there, in as few writes as may be. */
export interface StreamCarrier {
  /** `null` while there is none. */
  readonly raw: RawStream | null;
  /** Goes over to another QUIC stream, of the same state. */
  take(next: RawStream): void;
  /** Opener: goes over to a fresh QUIC stream, saying its header and what may follow at once. */
  open(next: RawStream): Promise<boolean>;
  /** Acceptor: what goes before everything else on the QUIC stream it is on. */
  answer(said: StreamAnswer): void;
  /** Acceptor: says so, and that it was all, on a QUIC stream that it does not go over to. */
  answerLast(next: RawStream, said: StreamAnswer): void;
  /**
   * Sends what is urgent at the end of this turn, so that an answer, an acknowledgement, what the app writes and the end
   * go as one: each write costs the trip to the endpoint and a call of the binding. Much goes at once, and what can wait a
   * little later.
   */
  wake(): void;
  /** Opener: `done` is said. Acceptor: it was heard. */
  finish(): void;
  /** It is on no QUIC stream from now on; answers which it was, that still belongs to it. */
  letGo(): RawStream | null;
  /** Nothing more goes out. */
  cancelTimers(): void;
}

interface StreamCarrierComponents {
  readonly machine: ResumableStream;
  readonly clock: Clock;
  readonly options: ServicesOptions;
  /** What hears the QUIC stream. */
  readonly owner: () => RawStreamOwner;
  /** On the QUIC stream it was on, if it was on one. */
  readonly onFinished: (last: RawStream | null) => void;
}

export const streamCarrier = (components: StreamCarrierComponents): StreamCarrier => {
  const { machine, clock, options, owner, onFinished } = components;
  let raw: RawStream | null = null;
  let answer: Uint8Array | null = null;
  /** Its direction of the QUIC stream it is on is ended. */
  let isLastSaid = false;
  let cancelAck: Cancel | null = null;
  let cancelPump: Cancel | null = null;

  const cancelTimers = (): void => {
    cancelAck?.();
    cancelPump?.();
    cancelAck = null;
    cancelPump = null;
  };

  const takeFrames = (before: number): readonly StreamFrame[] => {
    const frames: StreamFrame[] = [];
    let size = before;
    while (size < WRITE_BYTES - MAX_DATA_BYTES / 4) {
      const frame = machine.next(Math.min(MAX_DATA_BYTES, WRITE_BYTES - size - 3));
      if (frame === null) break;
      frames.push(frame);
      size += frameSizeBytes(frame);
    }
    return frames;
  };

  const letGo = (): RawStream | null => {
    const gone = raw;
    raw = null;
    answer = null;
    return gone;
  };

  const take = (next: RawStream): void => {
    if (raw !== null && raw !== next) {
      raw.own(null);
      raw.leave();
    }
    raw = next;
    answer = null;
    isLastSaid = false;
    next.own(owner());
  };

  const finish = (): void => {
    const last = letGo();
    last?.own(null);
    if (!isLastSaid) last?.write([], true);
    last?.finish();
    onFinished(last);
  };

  const pump = (): void => {
    cancelTimers();
    while (raw?.hasRoom === true && machine.isAttached) {
      const before = answer ?? new Uint8Array();
      const frames = takeFrames(before.byteLength);
      if (frames.length === 0 && answer === null) break;
      answer = null;
      isLastSaid = machine.isFinished || machine.hasSaidAll;
      raw.write(streamPieces(frames, before), isLastSaid);
    }
    if (machine.isFinished) finish();
  };

  const wake = (): void => {
    if (answer !== null || machine.urgency === 'now') {
      if (machine.readyBytes >= PROMPT_BYTES) pump();
      // Without room, it is told of room.
      else if (raw?.hasRoom === true) cancelPump ??= clock.setTimer(0, pump);
    } else if (machine.urgency === 'later') cancelAck ??= clock.setTimer(options.ackDelayMs, pump);
  };

  return {
    get raw() {
      return raw;
    },
    take,
    open: async (next) => {
      machine.detach();
      const header = encodeStreamHeader(machine.opening());
      take(next);
      const frames = takeFrames(header.byteLength);
      const first = encodeStreamFrames(frames, header);
      owner().onBytes(next, 'sent', first.byteLength);
      const isOpen = await next.open(first);
      if (isOpen && raw === next) wake();
      return isOpen;
    },
    answer: (said) => {
      answer = encodeStreamHeader(said);
      wake();
    },
    answerLast: (next, said) => {
      letGo();
      next.own(null);
      next.write([encodeStreamHeader(said)], true);
      next.finish();
    },
    wake,
    finish,
    letGo,
    cancelTimers,
  };
};
