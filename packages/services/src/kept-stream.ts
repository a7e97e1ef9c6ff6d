import {
  type Clock,
  type ConnectionId,
  type DeviceId,
  RESET_CODES,
  type ServiceStreamId,
  type ServiceStreamStatus,
  STREAM_LEFT_CODE,
} from '@bowline/contracts';
import {
  decodeStreamAnswer,
  type RefusalReason,
  type ResumableStream,
  resumableStream,
  type StreamHeader,
  StreamProtocolError,
  type StreamRole,
} from '@bowline/stream-protocol';
import { StreamLostError, StreamResetError } from './errors.ts';
import type { ServicesOptions } from './options.ts';
import { NO_OWNER, type RawStream, type RawStreamOwner } from './raw-stream.ts';
import { streamCarrier } from './stream-carrier.ts';
import { type StreamRequests, streamRequests } from './stream-requests.ts';
import { waiters } from './waiters.ts';

/** What a stream tells the one who keeps it. */
export interface KeptStreamListener {
  /** The other side has accepted it; opener alone. */
  onAccepted(): void;
  onRefused(reason: RefusalReason): void;
  /** The QUIC stream it was on is gone, while its connection stands. */
  onDetached(): void;
  /** `done` was said, or heard, on this connection. */
  onFinished(connectionId: ConnectionId): void;
  /** Both directions have ended and are acknowledged, or it has failed; nothing more comes of it. */
  onOver(): void;
  /** Bytes went or came over the connection. */
  onBytes(direction: 'sent' | 'received', count: number): void;
}

/** One stream to a service: its state over all connections, the QUIC stream it is on now, and who waits for it. */
export interface KeptStream extends StreamRequests {
  readonly streamId: ServiceStreamId;
  readonly service: string;
  readonly role: StreamRole;
  readonly machine: ResumableStream;
  readonly isResumable: boolean;
  /** The QUIC stream it is on; `null` while it waits for one. */
  readonly raw: RawStream | null;
  readonly failure: Error | null;
  /** Bytes that went and came, over all connections. */
  readonly carriedBytes: number;
  /** Whether everything that came was read, or nothing more can be. */
  readonly isRead: boolean;
  status(): ServiceStreamStatus;
  /** Opener: says its header, and what may follow at once, on a fresh QUIC stream. */
  openOn(raw: RawStream): Promise<boolean>;
  /** Acceptor: takes the QUIC stream that a header came on. */
  takeOn(raw: RawStream, header: Extract<StreamHeader, { kind: 'open' | 'resume' }>): void;
  /** The connection of the link is gone. */
  detach(): void;
  /** The connection it is on is gone, while that of the link stands. */
  lose(): void;
  fail(error: Error): void;
  reset(code: number, by: 'us' | 'peer'): void;
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

/** What is heard of a stream, and what is asked of it here, moves one machine; this is what follows from its moves. */
export const keptStream = (components: KeptStreamComponents): KeptStream => {
  const { streamId, deviceId, service, role, isResumable, clock, options, listener } = components;
  const machine = resumableStream(role, options);
  const changed = waiters();
  let failure: Error | null = null;
  let isOver = false;
  let hasReadEnd = false;
  let sentBytes = 0;
  let receivedBytes = 0;

  const over = (): void => {
    changed.wake();
    if (isOver) return;
    isOver = true;
    carrier.cancelTimers();
    listener.onOver();
  };
  const finished = (last: RawStream | null): void => {
    if (last !== null) listener.onFinished(last.connectionId);
    over();
  };
  const carrier = streamCarrier({ machine, clock, options, owner: () => owner, onFinished: finished });
  const requests = streamRequests({
    machine,
    changed,
    failure: () => failure,
    wake: carrier.wake,
    onReadEnd: () => {
      hasReadEnd = true;
    },
  });

  /** It is on no QUIC stream from now on. */
  const detach = (): RawStream | null => {
    const gone = carrier.letGo();
    machine.detach();
    return gone;
  };

  const failWith = (error: Error | null, code: number): void => {
    failure = error;
    const left = detach();
    left?.own(null);
    left?.leave(code);
    over();
  };

  const fail = (error: Error): void => {
    if (failure !== null || isOver) return;
    // Whoever has everything, and is known to, does not care.
    failWith(machine.isComplete ? null : error, STREAM_LEFT_CODE);
  };

  const reset = (code: number, by: 'us' | 'peer'): void => {
    if (failure !== null || isOver || machine.isComplete) return;
    machine.reset(code);
    failWith(new StreamResetError(code, by), code);
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
    ...NO_OWNER,
    onPart: (part, from) => {
      if (from !== carrier.raw) return;
      if (part.kind !== 'header') machine.receive(part);
      else if (role.kind === 'opener') onAnswer(part.body);
      else throw new StreamProtocolError('a second header');
      changed.wake();
      carrier.wake();
      if (machine.isFinished) carrier.finish();
    },
    onEnded: (from) => {
      // It may end once it is finished, which nobody hears any more. An acceptor that has said all ends before, and its
      // opener has one word left.
      if (from !== carrier.raw || (role.kind === 'opener' && machine.isComplete)) return;
      detach();
      from.leave();
      listener.onDetached();
    },
    onLeft: (from, code) => {
      if (from !== carrier.raw) return;
      detach();
      if (code < STREAM_LEFT_CODE) reset(code, 'peer');
      else listener.onDetached();
    },
    onRoom: (from) => {
      if (from === carrier.raw) carrier.wake();
    },
    onViolation: (from, error) => {
      if (from !== carrier.raw) return;
      detach();
      machine.reset(RESET_CODES['protocol-error']);
      fail(error);
    },
    onBytes: (_from, direction, count) => {
      if (direction === 'sent') sentBytes += count;
      else receivedBytes += count;
      listener.onBytes(direction, count);
    },
  };

  return {
    streamId,
    service,
    role,
    machine,
    isResumable,
    get raw() {
      return carrier.raw;
    },
    get failure() {
      return failure;
    },
    get carriedBytes() {
      return sentBytes + receivedBytes;
    },
    get isRead() {
      return failure !== null || hasReadEnd;
    },
    status: () => ({
      streamId,
      deviceId,
      service,
      openedBy: role.kind === 'opener' ? 'us' : 'peer',
      state: carrier.raw === null ? 'waiting' : 'connected',
      transport: carrier.raw?.transport ?? null,
      sentBytes,
      receivedBytes,
    }),
    openOn: carrier.open,
    takeOn: (next, header) => {
      const said = machine.accept(header);
      if (said === null) {
        next.leave();
        return;
      }
      carrier.take(next);
      if (said.kind === 'reset') carrier.answerLast(next, said);
      else carrier.answer(said);
    },
    detach: () => {
      detach()?.own(null);
      if (!isResumable) fail(new StreamLostError('connection'));
    },
    lose: () => {
      detach()?.own(null);
    },
    fail,
    reset,
    ...requests,
  };
};
