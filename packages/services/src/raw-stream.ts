import {
  type Cancel,
  type Clock,
  type ConnectionId,
  STREAM_LEFT_CODE,
  type StreamId,
  type StreamTransportKind,
} from '@bowline/contracts';
import { type StreamPart, streamReader } from '@bowline/stream-protocol';
import type { StreamTransport } from './stream-transport.ts';

/** Writes under way at once: what keeps the binding busy over the trip between two processes. */
const MAX_WRITES = 4;

/** Bytes taken before more are allowed: half of what the endpoint tells by itself. */
const ALLOW_STEP_BYTES = 131_072;

/** How long the other side may take to end its direction once this side has nothing more to say or hear. */
const LEAVE_AFTER_MS = 5_000;

/** What hears a {@link RawStream}; `null` is nobody: what comes is thrown away. */
export interface RawStreamOwner {
  /** @throws StreamProtocolError when the part may not come here */
  onPart(part: StreamPart, raw: RawStream): void;
  /** The other side ended its direction in order. */
  onEnded(raw: RawStream): void;
  /** The other side left it, with a code of its own or {@link STREAM_LEFT_CODE}. */
  onLeft(raw: RawStream, code: number): void;
  /** Its connection is gone. */
  onLost(raw: RawStream): void;
  /** There is room for another write. */
  onRoom(raw: RawStream): void;
  /** It broke the protocol, and was left. */
  onViolation(raw: RawStream, error: Error): void;
  /** Bytes went or came. */
  onBytes(raw: RawStream, direction: 'sent' | 'received', count: number): void;
}

/** Hears nothing; an owner that hears some of it is made from this one. */
export const NO_OWNER: RawStreamOwner = {
  onPart: () => undefined,
  onEnded: () => undefined,
  onLeft: () => undefined,
  onLost: () => undefined,
  onRoom: () => undefined,
  onViolation: () => undefined,
  onBytes: () => undefined,
};

/** One stream of a connection, as what carries it has it. */
export interface RawStream {
  readonly transport: StreamTransportKind;
  readonly connectionId: ConnectionId;
  readonly streamId: StreamId;
  readonly hasRoom: boolean;
  readonly isOver: boolean;
  own(owner: RawStreamOwner | null): void;
  /** Opens it, with its first bytes. Resolves to whether it could be. */
  open(first: Uint8Array): Promise<boolean>;
  write(pieces: readonly Uint8Array[], isLast?: boolean): void;
  /** Nothing more is said or heard: left when the other side has not ended it soon. */
  finish(): void;
  leave(code?: number): void;
  received(bytes: Uint8Array): void;
  ended(): void;
  leftByPeer(code: number): void;
  /** Its connection is gone. */
  lost(): void;
}

interface RawStreamComponents {
  readonly transport: StreamTransport;
  readonly clock: Clock;
  readonly connectionId: ConnectionId;
  readonly streamId: StreamId;
  readonly onOver: (raw: RawStream) => void;
}

export const rawStream = (components: RawStreamComponents): RawStream => {
  const { transport, clock, connectionId, streamId } = components;
  const ids = { connectionId, streamId };
  const reader = streamReader();
  let owner: RawStreamOwner | null = null;
  let writes = 0;
  let takenBytes = 0;
  let isOver = false;
  let isFinished = false;
  let isEndedByPeer = false;
  let cancelTimer: Cancel = () => undefined;

  const over = (): void => {
    if (isOver) return;
    isOver = true;
    cancelTimer();
    components.onOver(raw);
  };

  /** Both directions have ended in order, and the endpoint has let go of it by itself. */
  const noteEnds = (): void => {
    if (isFinished && isEndedByPeer && writes === 0) over();
  };

  const readParts = (): void => {
    try {
      for (let part = reader.next(); part !== undefined; part = reader.next()) owner?.onPart(part, raw);
    } catch (error) {
      const wronged = owner;
      raw.leave();
      wronged?.onViolation(raw, error as Error);
    }
  };

  const raw: RawStream = {
    transport: transport.kind,
    connectionId,
    streamId,
    get hasRoom() {
      return !isOver && writes < MAX_WRITES;
    },
    get isOver() {
      return isOver;
    },
    own: (given) => {
      owner = given;
    },
    open: async (first) => {
      try {
        await transport.open(ids, first);
        return true;
      } catch {
        // Either its connection is gone, which is told, or the other side allows no more now.
        over();
        return false;
      }
    },
    write: (pieces, isLast = false) => {
      if (isOver) return;
      writes += 1;
      const sizeBytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
      owner?.onBytes(raw, 'sent', sizeBytes);
      const written = transport.write(ids, pieces, isLast);
      const done = (): void => {
        writes -= 1;
        noteEnds();
        if (!isOver) owner?.onRoom(raw);
      };
      written.then(done, done);
    },
    finish: () => {
      cancelTimer();
      if (isOver) return;
      isFinished = true;
      cancelTimer = clock.setTimer(LEAVE_AFTER_MS, () => raw.leave(), { unref: true });
      noteEnds();
    },
    leave: (code = STREAM_LEFT_CODE) => {
      if (isOver) return;
      over();
      transport.leave(ids, code);
    },
    received: (bytes) => {
      if (isOver) return;
      takenBytes += bytes.byteLength;
      if (takenBytes >= ALLOW_STEP_BYTES) {
        transport.allow(ids, takenBytes);
        takenBytes = 0;
      }
      owner?.onBytes(raw, 'received', bytes.byteLength);
      if (owner === null) return;
      reader.push(bytes);
      readParts();
    },
    ended: () => {
      if (isOver) return;
      isEndedByPeer = true;
      owner?.onEnded(raw);
      noteEnds();
    },
    leftByPeer: (code) => {
      if (isOver) return;
      over();
      owner?.onLeft(raw, code);
    },
    lost: () => {
      if (isOver) return;
      over();
      owner?.onLost(raw);
    },
  };
  return raw;
};
