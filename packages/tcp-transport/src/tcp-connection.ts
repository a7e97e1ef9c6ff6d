import type { Duplex } from 'node:stream';
import { brandAs, type Clock, type ConnectionId, STREAM_LEFT_CODE, type StreamId } from '@bowline/contracts';
import { connectionLiveness } from './connection-liveness.ts';
import { TcpConnectionClosedError, TcpProtocolError, TcpStreamClosedError } from './errors.ts';
import {
  FRAME_HEAD_BYTES,
  type FrameName,
  frameHead,
  frameReader,
  leaveBytes,
  leaveCodeOf,
  type TcpFrame,
} from './frame.ts';
import type { TcpTransportOptions } from './options.ts';
import { receivedMemory } from './received-memory.ts';
import { throughput } from './throughput.ts';

/** Streams of the other side that are open at once: what services take, and room for those that are being given back. */
const MAX_INCOMING_STREAMS = 320;

/** Bytes that wait to be sent, from which on nothing is answered any more: whoever asks and reads nothing is closed. */
const MAX_UNREAD_BYTES = 1_048_576;

/** What a connection tells its owner. After `onClosed` nothing more is told. */
export interface TcpConnectionListener {
  onOpened(streamId: StreamId): void;
  onReceived(streamId: StreamId, bytes: Uint8Array): void;
  onEnded(streamId: StreamId): void;
  onLeft(streamId: StreamId, code: number): void;
  /** @param wasInUse whether streams were on it, which are gone with it */
  onClosed(reason: string, wasInUse: boolean): void;
}

/** One connection whose other end is known, and the streams on it. */
export interface TcpConnection {
  readonly connectionId: ConnectionId;
  readonly isIdle: boolean;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Of both directions together. */
  readonly bytesPerSecond: number;
  /** Answers whether the other side was heard just now, asking it if need be; one that does not answer is closed. */
  prove(): Promise<boolean>;
  /** @throws TcpConnectionClosedError, TcpStreamClosedError */
  open(streamId: StreamId, first: Uint8Array): Promise<void>;
  /** @throws TcpConnectionClosedError, TcpStreamClosedError */
  write(streamId: StreamId, pieces: readonly Uint8Array[], isLast: boolean): Promise<void>;
  leave(streamId: StreamId, code: number): void;
  /** So many bytes that were told are dealt with, the earliest first: their memory is used no more. */
  taken(bytes: number): void;
  close(reason: string): void;
}

interface TcpConnectionComponents {
  readonly connectionId: ConnectionId;
  /** Authenticated and encrypted. It is the connection's from now on, and so is the memory of what is read from it. */
  readonly socket: Duplex;
  readonly dialledBy: 'us' | 'peer';
  readonly clock: Clock;
  readonly options: TcpTransportOptions;
  readonly listener: TcpConnectionListener;
}

interface OpenStream {
  readonly streamId: StreamId;
  readonly wireId: number;
  isEndSaid: boolean;
  isEndHeard: boolean;
}

/** Long because both directions of all streams share one socket, and whatever ends it settles all of them. */
export const tcpConnection = (components: TcpConnectionComponents): TcpConnection => {
  const { connectionId, socket, dialledBy, clock, options, listener } = components;
  const reader = frameReader();
  const byWireId = new Map<number, OpenStream>();
  const byStreamId = new Map<StreamId, OpenStream>();
  /** The dialling side opens odd streams, the other one even ones. */
  let nextWireId = dialledBy === 'us' ? 1 : 2;
  let lastHeardWireId = dialledBy === 'us' ? 0 : -1;
  const memory = receivedMemory();
  let toldBytes = 0;
  let untakenBytes = 0;
  let sentBytes = 0;
  let receivedBytes = 0;
  let isClosed = false;
  const rate = throughput(clock);
  let waitingForRoom: (() => void)[] = [];

  const wakeWriters = (): void => {
    const woken = waitingForRoom;
    waitingForRoom = [];
    for (const wake of woken) wake();
  };

  const close = (reason: string): void => {
    if (isClosed) return;
    isClosed = true;
    liveness.stop();
    socket.destroy();
    const wasInUse = byWireId.size > 0;
    byWireId.clear();
    byStreamId.clear();
    wakeWriters();
    listener.onClosed(reason, wasInUse);
  };

  const send = (name: FrameName, stream: number, ...pieces: readonly Uint8Array[]): void => {
    if (isClosed) return;
    liveness.noteSent();
    const sizeBytes = sizeOf(pieces);
    sentBytes += FRAME_HEAD_BYTES + sizeBytes;
    rate.note(FRAME_HEAD_BYTES + sizeBytes);
    // Written as one, so that the head is no record of its own.
    socket.cork();
    socket.write(frameHead(name, stream, sizeBytes));
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  };
  /** Says what the other side alone may cause, as long as it reads. */
  const answer = (name: FrameName, stream: number, ...pieces: readonly Uint8Array[]): void => {
    if (socket.writableLength > MAX_UNREAD_BYTES) close('it asks and does not read');
    else send(name, stream, ...pieces);
  };

  const liveness = connectionLiveness({
    clock,
    options,
    isPaused: () => socket.isPaused(),
    hasStreams: () => byWireId.size > 0,
    sendAlive: () => send('alive', 0),
    sendAsk: () => send('ask', 0),
    onSilent: () => close('it is silent'),
    onIdle: () => close('it was idle'),
  });

  const hasRoom = async (): Promise<void> => {
    if (isClosed) throw new TcpConnectionClosedError();
    if (!socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      waitingForRoom.push(resolve);
    });
    if (isClosed) throw new TcpConnectionClosedError();
  };

  const add = (streamId: StreamId, wireId: number): OpenStream => {
    const stream = { streamId, wireId, isEndSaid: false, isEndHeard: false };
    byWireId.set(wireId, stream);
    byStreamId.set(streamId, stream);
    liveness.streamsChanged();
    return stream;
  };
  const remove = (stream: OpenStream): void => {
    byWireId.delete(stream.wireId);
    byStreamId.delete(stream.streamId);
    liveness.streamsChanged();
  };
  const removeEnded = (stream: OpenStream): void => {
    if (stream.isEndSaid && stream.isEndHeard) remove(stream);
  };

  const take = (streamId: StreamId, bytes: Uint8Array): void => {
    if (bytes.byteLength === 0) return;
    untakenBytes += bytes.byteLength;
    toldBytes += bytes.byteLength;
    if (untakenBytes >= options.windowBytes) socket.pause();
    listener.onReceived(streamId, bytes);
  };

  const incomingCount = (): number => {
    const parity = lastHeardWireId & 1;
    return [...byWireId.keys()].filter((wireId) => (wireId & 1) === parity).length;
  };

  const onOpen = ({ stream: wireId, bytes }: TcpFrame): void => {
    if (wireId <= lastHeardWireId || (wireId - lastHeardWireId) % 2 !== 0) {
      throw new TcpProtocolError('a stream is opened out of order');
    }
    lastHeardWireId = wireId;
    if (incomingCount() >= MAX_INCOMING_STREAMS) {
      answer('leave', wireId, leaveBytes(STREAM_LEFT_CODE));
      return;
    }
    const { streamId } = add(brandAs<StreamId>(`in-${wireId}`), wireId);
    listener.onOpened(streamId);
    take(streamId, bytes);
  };

  const onFrame = (frame: TcpFrame): void => {
    if (isClosed) return;
    const { name, stream: wireId, bytes } = frame;
    if (name === 'alive') return;
    if (name === 'ask') {
      answer('alive', 0);
      return;
    }
    if (name === 'open') {
      onOpen(frame);
      return;
    }
    const stream = byWireId.get(wireId);
    // It was left here, and the other side does not know yet.
    if (stream === undefined) return;
    if (name === 'leave') {
      const code = leaveCodeOf(bytes);
      remove(stream);
      listener.onLeft(stream.streamId, code);
      return;
    }
    if (stream.isEndHeard) throw new TcpProtocolError('something follows the end of a stream');
    take(stream.streamId, bytes);
    if (name !== 'last') return;
    stream.isEndHeard = true;
    listener.onEnded(stream.streamId);
    removeEnded(stream);
  };

  socket.on('data', (chunk: Uint8Array) => {
    receivedBytes += chunk.byteLength;
    rate.note(chunk.byteLength);
    liveness.noteHeard();
    const toldBefore = toldBytes;
    try {
      reader.push(chunk, onFrame);
      memory.told(chunk, toldBytes - toldBefore);
    } catch (error) {
      close(error instanceof TcpProtocolError ? error.message : 'it cannot be read');
    }
  });
  socket.on('drain', wakeWriters);
  socket.on('error', (error) => close(error.message));
  socket.on('end', () => close('the other side ended it'));
  socket.on('close', () => close('it is gone'));
  liveness.streamsChanged();

  return {
    connectionId,
    get isIdle() {
      return byWireId.size === 0;
    },
    get sentBytes() {
      return sentBytes;
    },
    get receivedBytes() {
      return receivedBytes;
    },
    get bytesPerSecond() {
      return rate.bytesPerSecond;
    },
    prove: () => (isClosed ? Promise.resolve(false) : liveness.prove()),
    open: async (streamId, first) => {
      if (isClosed) throw new TcpConnectionClosedError();
      if (byStreamId.has(streamId)) throw new TcpStreamClosedError();
      const { wireId } = add(streamId, nextWireId);
      nextWireId += 2;
      // After so many the next one would not be told from an earlier one.
      if (nextWireId > 0xffff_fff0) throw new TcpConnectionClosedError();
      send('open', wireId, first);
      await hasRoom();
    },
    write: async (streamId, pieces, isLast) => {
      if (isClosed) throw new TcpConnectionClosedError();
      const stream = byStreamId.get(streamId);
      if (stream === undefined || stream.isEndSaid) throw new TcpStreamClosedError();
      if (isLast) {
        stream.isEndSaid = true;
        send('last', stream.wireId, ...pieces);
        removeEnded(stream);
      } else if (sizeOf(pieces) > 0) send('data', stream.wireId, ...pieces);
      await hasRoom();
    },
    leave: (streamId, code) => {
      const stream = byStreamId.get(streamId);
      if (stream === undefined) return;
      remove(stream);
      send('leave', stream.wireId, leaveBytes(code));
    },
    taken: (bytes) => {
      memory.taken(bytes);
      untakenBytes = Math.max(0, untakenBytes - bytes);
      if (!isClosed && socket.isPaused() && untakenBytes < options.windowBytes / 2) socket.resume();
    },
    close,
  };
};

const sizeOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
