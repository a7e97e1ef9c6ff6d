import {
  BowlineError,
  brandAs,
  type Clock,
  type CloseName,
  type ConnectionId,
  type Emit,
  type EndpointChannel,
  InvalidOptionError,
  MAX_STREAM_CHUNK_BYTES,
  STREAM_INITIAL_CREDIT_BYTES,
  STREAM_LEFT_CODE,
  type StreamId,
} from '@bowline/contracts';

/** Bytes one stream may have under way, as QUIC's own flow control has it. */
const MAX_UNREAD_BYTES = 1_250_000;
const MAX_WAITING_WRITES = 8;
const PEER_END_MS = 5_000;
const MAX_DATAGRAM_BYTES = 1_162;

/** The streams and datagrams of one end of a fake connection. */
export interface FakeStreams {
  open(streamId: StreamId, first: Uint8Array, signal: AbortSignal | undefined): Promise<void>;
  write(streamId: StreamId, bytes: Uint8Array, isLast: boolean): Promise<void>;
  allow(streamId: StreamId, bytes: number): void;
  leave(streamId: StreamId, code: number): void;
  sendDatagram(bytes: Uint8Array): void;
  /** The connection is gone. */
  end(): void;
  /** For the other end. */
  readonly incoming: FakeIncoming;
}

interface FakeIncoming {
  readonly maxStreams: number;
  readonly openCount: number;
  onRoom(wake: () => void): void;
  opened(other: FakeEnd): FakeEnd;
  tellOpened(end: FakeEnd): void;
  refuse(): void;
  datagram(bytes: Uint8Array): void;
}

/** One end of one stream. */
interface FakeEnd {
  readonly streamId: StreamId;
  other: FakeEnd | null;
  /** What has arrived and was not told. */
  unread: Uint8Array[];
  credit: number;
  hasEndArrived: boolean;
  isEndTold: boolean;
  isSendOver: boolean;
  isLeft: boolean;
  /** Writes that wait until the other end has room. */
  waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[];
  pump(): void;
  arrive(bytes: Uint8Array, isLast: boolean): void;
  leftByPeer(code: number): void;
}

interface FakeStreamsComponents {
  readonly connectionId: ConnectionId;
  readonly clock: Clock;
  readonly emit: Emit<EndpointChannel>;
  readonly maxStreams: number;
  readonly push: (deliver: () => void) => void;
  readonly other: () => FakeStreams;
  readonly close: (name: CloseName, reason: string) => void;
}

/** Long because it answers, for both ends, everything the endpoint's channel says of streams. */
export const fakeStreams = (components: FakeStreamsComponents): FakeStreams => {
  const { connectionId, clock, emit, push } = components;
  const ends = new Map<StreamId, FakeEnd | null>();
  const theirs = new Set<FakeEnd>();
  let waitingForRoom: (() => void)[] = [];
  let accepted = 0;
  let isOver = false;

  const forget = (end: FakeEnd): void => {
    if (ends.get(end.streamId) === end) ends.delete(end.streamId);
    if (!theirs.delete(end)) return;
    const wakes = waitingForRoom;
    waitingForRoom = [];
    for (const wake of wakes) wake();
  };

  const make = (streamId: StreamId): FakeEnd => {
    const noteOver = (): void => {
      if (end.isSendOver && end.isEndTold) forget(end);
    };
    const end: FakeEnd = {
      streamId,
      other: null,
      unread: [],
      credit: STREAM_INITIAL_CREDIT_BYTES,
      hasEndArrived: false,
      isEndTold: false,
      isSendOver: false,
      isLeft: false,
      waiting: [],
      pump: () => {
        while (!isOver && !end.isLeft && end.credit > 0) {
          const head = end.unread.shift();
          if (head === undefined) break;
          const bytes = head.subarray(0, Math.min(end.credit, MAX_STREAM_CHUNK_BYTES));
          if (bytes.byteLength < head.byteLength) end.unread.unshift(head.subarray(bytes.byteLength));
          end.credit -= bytes.byteLength;
          emit('stream.received', { connectionId, streamId, bytes });
        }
        if (!isOver && !end.isLeft && end.hasEndArrived && end.unread.length === 0 && !end.isEndTold) {
          end.isEndTold = true;
          emit('stream.ended', { connectionId, streamId });
          noteOver();
        }
        while (unreadBytes(end) < MAX_UNREAD_BYTES) {
          const next = end.other?.waiting.shift();
          if (next === undefined) break;
          next.resolve();
        }
      },
      arrive: (bytes, isLast) => {
        if (end.isLeft || isOver) return;
        if (bytes.byteLength > 0) end.unread.push(bytes);
        end.hasEndArrived ||= isLast;
        end.pump();
      },
      leftByPeer: (code) => {
        if (isOver) return;
        const wasLeft = end.isLeft;
        const wasEnded = end.isEndTold;
        leaveNow(end, STREAM_LEFT_CODE, false);
        if (!wasLeft && !wasEnded) emit('stream.left', { connectionId, streamId, code });
      },
    };
    return end;
  };

  const leaveNow = (end: FakeEnd, code: number, isToTell: boolean): void => {
    if (end.isLeft) {
      forget(end);
      return;
    }
    end.isLeft = true;
    const waiting = end.waiting;
    end.waiting = [];
    for (const { reject } of waiting) reject(streamClosed(end.streamId));
    const { other } = end;
    push(() => other?.leftByPeer(code));
    if (!isToTell || end.isEndTold) {
      forget(end);
      return;
    }
    const { streamId } = end;
    clock.setTimer(PEER_END_MS, () => {
      if (!isOver && ends.get(streamId) === end) components.close('not-responding', 'a stream was not given back');
    });
  };

  const writeTo = (end: FakeEnd, bytes: Uint8Array, isLast: boolean): Promise<void> => {
    if (end.isLeft || end.isSendOver) return Promise.reject(streamClosed(end.streamId));
    if (end.waiting.length >= MAX_WAITING_WRITES) {
      return Promise.reject(
        new BowlineError({ code: 'STREAM_QUEUE_FULL', message: 'Too many writes wait; wait for those before.' }),
      );
    }
    const copy = Uint8Array.from(bytes);
    const { other } = end;
    if (isLast) end.isSendOver = true;
    push(() => other?.arrive(copy, isLast));
    if (end.isSendOver && end.isEndTold) forget(end);
    if (other === null || unreadBytes(other) < MAX_UNREAD_BYTES) return Promise.resolve();
    return new Promise((resolve, reject) => {
      end.waiting.push({ resolve, reject });
    });
  };

  const find = (streamId: StreamId): FakeEnd => {
    const end = ends.get(streamId);
    if (end === undefined || end === null) throw streamClosed(streamId);
    return end;
  };

  const waitForRoom = async (signal: AbortSignal | undefined): Promise<void> => {
    while (components.other().incoming.openCount >= components.other().incoming.maxStreams) {
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void =>
          reject(new BowlineError({ code: 'CHANNEL_CANCELLED', message: 'The opening was cancelled.' }));
        signal?.addEventListener('abort', onAbort, { once: true });
        components.other().incoming.onRoom(resolve);
      });
    }
  };

  const incoming: FakeIncoming = {
    maxStreams: components.maxStreams,
    get openCount() {
      return theirs.size;
    },
    onRoom: (wake) => {
      waitingForRoom.push(wake);
    },
    opened: (from) => {
      accepted += 1;
      const end = make(brandAs<StreamId>(`in-${accepted}`));
      end.other = from;
      theirs.add(end);
      return end;
    },
    tellOpened: (end) => {
      if (isOver) return;
      ends.set(end.streamId, end);
      emit('stream.opened', { connectionId, streamId: end.streamId });
    },
    refuse: () => components.close('protocol-error', 'one stream at most'),
    datagram: (bytes) => {
      if (!isOver && components.maxStreams > 0) emit('datagram.received', { connectionId, bytes });
    },
  };

  return {
    incoming,
    open: async (streamId, first, signal) => {
      checkChunk('first', first);
      if (first.byteLength === 0) throw new InvalidOptionError('first', 'must not be empty', '0 bytes');
      if (streamId === '' || streamId.length > 64 || streamId.startsWith('in-') || ends.has(streamId)) {
        throw new BowlineError({ code: 'STREAM_ID_IN_USE', message: 'The stream id is in use.' });
      }
      const far = components.other().incoming;
      if (far.maxStreams === 0) {
        push(far.refuse);
        return;
      }
      ends.set(streamId, null);
      try {
        await waitForRoom(signal);
      } catch (error) {
        ends.delete(streamId);
        throw error;
      }
      const end = make(streamId);
      const other = far.opened(end);
      end.other = other;
      ends.set(streamId, end);
      push(() => far.tellOpened(other));
      await writeTo(end, first, false);
    },
    write: async (streamId, bytes, isLast) => {
      checkChunk('bytes', bytes);
      await writeTo(find(streamId), bytes, isLast);
    },
    allow: (streamId, bytes) => {
      const end = ends.get(streamId);
      if (end === undefined || end === null) return;
      end.credit += bytes;
      end.pump();
    },
    leave: (streamId, code) => {
      const end = ends.get(streamId);
      if (end !== undefined && end !== null) leaveNow(end, code, true);
    },
    sendDatagram: (bytes) => {
      if (bytes.byteLength > MAX_DATAGRAM_BYTES) {
        throw new BowlineError({
          code: 'DATAGRAM_TOO_LARGE',
          message: `At most ${MAX_DATAGRAM_BYTES} bytes.`,
          data: { maxBytes: MAX_DATAGRAM_BYTES },
        });
      }
      const copy = Uint8Array.from(bytes);
      push(() => components.other().incoming.datagram(copy));
    },
    end: () => {
      isOver = true;
      for (const end of ends.values()) {
        for (const { reject } of end?.waiting ?? []) reject(streamClosed(end?.streamId ?? brandAs<StreamId>('')));
      }
      ends.clear();
      theirs.clear();
    },
  };
};

const unreadBytes = (end: FakeEnd): number => end.unread.reduce((sum, each) => sum + each.byteLength, 0);

const streamClosed = (streamId: StreamId): BowlineError =>
  new BowlineError({ code: 'STREAM_CLOSED', message: 'The stream is closed.', data: { streamId } });

const checkChunk = (field: string, bytes: Uint8Array): void => {
  if (bytes.byteLength > MAX_STREAM_CHUNK_BYTES) {
    throw new InvalidOptionError(field, `must be at most ${MAX_STREAM_CHUNK_BYTES} bytes`, `${bytes.byteLength} bytes`);
  }
};
