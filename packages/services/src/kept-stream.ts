import {
  type Cancel,
  type Clock,
  type DeviceId,
  RESET_CODES,
  type RequestContext,
  type ServiceStreamId,
  type ServiceStreamStatus,
  STREAM_LEFT_CODE,
} from '@bowline/contracts';
import {
  decodeStreamAnswer,
  encodeStreamFrames,
  encodeStreamHeader,
  frameSizeBytes,
  MAX_DATA_BYTES,
  type RefusalReason,
  type ResumableStream,
  resumableStream,
  type StreamFrame,
  type StreamHeader,
  StreamProtocolError,
  type StreamRole,
} from '@bowline/stream-protocol';
import { StreamLostError, StreamResetError, WaitCancelledError } from './errors.ts';
import type { ServicesOptions } from './options.ts';
import type { RawStream, RawStreamOwner } from './raw-stream.ts';
import { waiters } from './waiters.ts';

/** Bytes of one write to the endpoint: one frame of data and what goes with it. */
const WRITE_BYTES = MAX_DATA_BYTES + 2_048;

/** From so many bytes on a write goes out at once; less waits until the end of the turn for what may go with it. */
const PROMPT_BYTES = 16_384;

/** What a stream tells the one who keeps it. */
export interface KeptStreamListener {
  /** The other side has accepted it; opener alone. */
  onAccepted(): void;
  onRefused(reason: RefusalReason): void;
  /** The QUIC stream it was on is gone, while its connection stands. */
  onDetached(): void;
  /** Both directions have ended and are acknowledged, or it has failed; nothing more comes of it. */
  onOver(): void;
  /** Bytes went or came over the connection. */
  onBytes(direction: 'sent' | 'received', count: number): void;
}

/** One stream to a service: its state over all connections, the QUIC stream it is on now, and who waits for it. */
export interface KeptStream {
  readonly streamId: ServiceStreamId;
  readonly service: string;
  readonly role: StreamRole;
  readonly machine: ResumableStream;
  readonly isResumable: boolean;
  /** The QUIC stream it is on; `null` while it waits for one. */
  readonly raw: RawStream | null;
  readonly failure: Error | null;
  /** Whether everything that came was read, or nothing more can be. */
  readonly isRead: boolean;
  status(): ServiceStreamStatus;
  /** Opener: says its header, and what may follow at once, on a fresh QUIC stream. */
  openOn(raw: RawStream): Promise<boolean>;
  /** Acceptor: takes the QUIC stream that a header came on. */
  takeOn(raw: RawStream, header: Extract<StreamHeader, { kind: 'open' | 'resume' }>): void;
  /** The connection is gone. */
  detach(): void;
  fail(error: Error): void;
  reset(code: number, by: 'us' | 'peer'): void;

  /** The signal of the context is looked at only when there is something to wait for, since it is made when looked at. */
  read(context: RequestContext): Promise<Uint8Array | null>;
  write(bytes: Uint8Array, context: RequestContext): Promise<void>;
  end(context: RequestContext): Promise<void>;
}

interface KeptStreamComponents {
  readonly streamId: ServiceStreamId;
  readonly deviceId: DeviceId;
  readonly service: string;
  readonly role: StreamRole;
  readonly isResumable: boolean;
  readonly clock: Clock;
  readonly options: ServicesOptions;
  readonly listener: KeptStreamListener;
}

/** Longer than a screen because every step of a stream, asked for here or heard from there, moves one machine. */
export const keptStream = (components: KeptStreamComponents): KeptStream => {
  const { streamId, deviceId, service, role, isResumable, clock, options, listener } = components;
  const machine = resumableStream(role, options);
  const changed = waiters();
  let raw: RawStream | null = null;
  /** Acceptor: the answer that goes before everything else on the QUIC stream it is on. */
  let answer: Uint8Array | null = null;
  /** Its direction of the QUIC stream it is on is ended. */
  let isLastSaid = false;
  let failure: Error | null = null;
  let isOver = false;
  let hasReadEnd = false;
  let sentBytes = 0;
  let receivedBytes = 0;
  let cancelAck: Cancel | null = null;
  let cancelPump: Cancel | null = null;

  const cancelTimers = (): void => {
    cancelAck?.();
    cancelPump?.();
    cancelAck = null;
    cancelPump = null;
  };

  const over = (): void => {
    if (isOver) return;
    isOver = true;
    cancelTimers();
    listener.onOver();
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

  /** It is on no QUIC stream from now on. */
  const letGo = (): RawStream | null => {
    const gone = raw;
    raw = null;
    answer = null;
    return gone;
  };

  const pump = (): void => {
    cancelTimers();
    while (raw?.hasRoom === true && machine.isAttached) {
      const before = answer ?? new Uint8Array();
      const frames = takeFrames(before.byteLength);
      if (frames.length === 0 && answer === null) break;
      answer = null;
      isLastSaid = machine.isFinished || machine.hasSaidAll;
      raw.write(encodeStreamFrames(frames, before), isLastSaid);
    }
    if (machine.isFinished) finish();
  };

  const mustSpeak = (): boolean => answer !== null || machine.urgency === 'now';

  /**
   * Sends what is urgent at the end of this turn, so that an answer, an acknowledgement, what the app writes and the end
   * go as one: each write costs the trip to the endpoint and a call of the binding. What can wait goes a little later.
   */
  const wake = (): void => {
    if (mustSpeak()) {
      // Without room, it is told of room.
      if (raw?.hasRoom === true) cancelPump ??= clock.setTimer(0, pump);
    } else if (machine.urgency === 'later') cancelAck ??= clock.setTimer(options.ackDelayMs, pump);
  };

  /** Opener: `done` is said. Acceptor: it was heard. */
  const finish = (): void => {
    const last = letGo();
    last?.own(null);
    if (!isLastSaid) last?.write(new Uint8Array(), true);
    last?.finish();
    changed.wake();
    over();
  };

  const leaveRaw = (code: number): void => {
    const left = letGo();
    machine.detach();
    left?.own(null);
    left?.leave(code);
  };

  const fail = (error: Error): void => {
    if (failure !== null || isOver) return;
    // Whoever has everything, and is known to, does not care.
    if (!machine.isComplete) failure = error;
    leaveRaw(STREAM_LEFT_CODE);
    changed.wake();
    over();
  };

  const reset = (code: number, by: 'us' | 'peer'): void => {
    if (failure !== null || isOver || machine.isComplete) return;
    machine.reset(code);
    failure = new StreamResetError(code, by);
    leaveRaw(code);
    changed.wake();
    over();
  };

  const onAnswer = (body: Uint8Array): void => {
    const said = decodeStreamAnswer(body);
    switch (said.kind) {
      case 'accepted': {
        const isFirst = !machine.wasAccepted;
        machine.answered(said);
        if (isFirst) listener.onAccepted();
        return;
      }
      case 'refused':
        if (said.reason === 'gone') fail(new StreamLostError('restarted'));
        else listener.onRefused(said.reason);
        return;
      case 'reset':
        reset(said.code, 'peer');
        return;
      default:
        throw new StreamProtocolError('an answer does not belong here');
    }
  };

  const owner: RawStreamOwner = {
    onPart: (part, from) => {
      if (from !== raw) return;
      if (part.kind !== 'header') machine.receive(part);
      else if (role.kind === 'opener') onAnswer(part.body);
      else throw new StreamProtocolError('a second header');
      if (part.kind !== 'header' || role.kind === 'opener') {
        changed.wake();
        wake();
      }
      if (machine.isFinished) finish();
    },
    onEnded: (from) => {
      // It may end once it is finished, which nobody hears any more. An acceptor that has said all ends before, and its
      // opener has one word left.
      if (from !== raw || (role.kind === 'opener' && machine.isComplete)) return;
      letGo();
      machine.detach();
      from.leave();
      listener.onDetached();
    },
    onLeft: (from, code) => {
      if (from !== raw) return;
      letGo();
      machine.detach();
      if (code < STREAM_LEFT_CODE) reset(code, 'peer');
      else listener.onDetached();
    },
    onRoom: (from) => {
      if (from === raw) wake();
    },
    onViolation: (from, error) => {
      if (from !== raw) return;
      letGo();
      machine.reset(RESET_CODES['protocol-error']);
      fail(error);
    },
    onBytes: (_from, direction, count) => {
      if (direction === 'sent') sentBytes += count;
      else receivedBytes += count;
      listener.onBytes(direction, count);
    },
  };

  /** Goes over to another QUIC stream, of the same state. */
  const take = (next: RawStream): void => {
    if (raw !== null && raw !== next) {
      raw.own(null);
      raw.leave();
    }
    raw = next;
    answer = null;
    isLastSaid = false;
    next.own(owner);
  };

  return {
    streamId,
    service,
    role,
    machine,
    isResumable,
    get raw() {
      return raw;
    },
    get failure() {
      return failure;
    },
    get isRead() {
      return failure !== null || hasReadEnd;
    },
    status: () => ({
      streamId,
      deviceId,
      service,
      openedBy: role.kind === 'opener' ? 'us' : 'peer',
      state: raw === null ? 'waiting' : 'connected',
      sentBytes,
      receivedBytes,
    }),
    openOn: async (next) => {
      machine.detach();
      const header = encodeStreamHeader(machine.opening());
      take(next);
      const frames = takeFrames(header.byteLength);
      const first = encodeStreamFrames(frames, header);
      owner.onBytes(next, 'sent', first.byteLength);
      const isOpen = await next.open(first);
      if (isOpen && raw === next) wake();
      return isOpen;
    },
    takeOn: (next, header) => {
      const said = machine.accept(header);
      if (said === null) {
        next.leave();
        return;
      }
      take(next);
      if (said.kind === 'reset') {
        letGo();
        next.own(null);
        next.write(encodeStreamHeader(said), true);
        next.finish();
        return;
      }
      answer = encodeStreamHeader(said);
      wake();
    },
    detach: () => {
      const gone = letGo();
      machine.detach();
      gone?.own(null);
      if (!isResumable) fail(new StreamLostError('connection'));
    },
    fail,
    reset,

    read: async (context) => {
      for (;;) {
        const bytes = machine.read();
        if (bytes instanceof Uint8Array) {
          wake();
          return bytes;
        }
        if (bytes === 'end') {
          hasReadEnd = true;
          return null;
        }
        if (failure !== null) throw failure;
        await changed.wait(context.signal, 'read');
      }
    },
    write: async (bytes, context) => {
      if (failure !== null) throw failure;
      if (machine.hasEnded) throw new WaitCancelledError('write after the end');
      machine.write(bytes);
      if (bytes.byteLength >= PROMPT_BYTES && mustSpeak()) pump();
      else wake();
      while (!machine.canWrite) {
        if (failure !== null) throw failure;
        await changed.wait(context.signal, 'write');
      }
    },
    end: async (context) => {
      if (failure !== null) throw failure;
      machine.end();
      wake();
      while (!machine.isAllAcknowledged) {
        if (failure !== null) throw failure;
        await changed.wait(context.signal, 'end');
      }
    },
  };
};
