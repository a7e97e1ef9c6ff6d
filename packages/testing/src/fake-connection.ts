import {
  type ByteCount,
  type Cancel,
  CLOSE_CODES,
  type Clock,
  type CloseName,
  type ConnectionClose,
  type ConnectionId,
  type ConnectionInfo,
  type ConnectionPath,
  type Emit,
  type EndpointChannel,
  type IdleHeartbeat,
} from '@bowline/contracts';
import { idleHeartbeat, type RunningIdleHeartbeat } from '@bowline/link-protocol';
import { type FakePipe, fakePipe, type PipeWeather } from './fake-pipe.ts';
import { type FakeStreams, fakeStreams } from './fake-streams.ts';

/** QUIC gives a silent path up after 30 s (iroh's relay and connection idle limit, measured 30 to 34 s). */
const IDLE_LIMIT_MS = 30_000;

/** One end of a fake connection. */
export interface FakeSide {
  readonly connectionId: ConnectionId;
  readonly alpn: string;
  readonly isIncoming: boolean;
  readonly isOpen: boolean;
  info(): ConnectionInfo;
  /** The frames that went on a direct path; streams are not counted. */
  readonly direct: ByteCount;
  allowFrames(maxFrameBytes: number): void;
  send(frame: Uint8Array): void;
  setIdleHeartbeat(told: IdleHeartbeat | null): void;
  readonly streams: FakeStreams;
  close(name: CloseName, reason: string): void;
  movePath(path: ConnectionPath): void;
  /** Tells what was lost on the path. */
  tellLoss(lossRatio: number | null): void;
  /** Ends with no word to the other end, and with or without an event here. */
  vanish(close: ConnectionClose | null): void;
  /** Starts or stops the idle limit, as nothing arrives or something does again. */
  setSilent(isSilent: boolean): void;
  /** Whether this end has told its actor of the connection. */
  open(): void;
}

/** What one end needs of the endpoint it belongs to. */
export interface FakeSideOwner {
  readonly clock: Clock;
  readonly emit: Emit<EndpointChannel>;
  readonly weather: PipeWeather;
  readonly forget: (connectionId: ConnectionId) => void;
}

interface SideState {
  readonly side: FakeSide;
  readonly pipe: FakePipe;
  receive(frame: Uint8Array): void;
  readonly streams: FakeStreams;
  closedByPeer(name: CloseName, reason: string): void;
}

/** Both ends of one connection, the dialling one first, and what wakes its pipes after the weather changed. */
export interface FakeConnection {
  readonly dialled: FakeSide;
  readonly accepted: FakeSide;
  /** Tells the dialling end of success; `accept` gets the other end once the first packet has crossed. */
  start(accept: (side: FakeSide) => void): void;
  wake(): void;
}

/** What one end is made from. */
export interface FakeSideComponents {
  readonly owner: FakeSideOwner;
  readonly info: ConnectionInfo;
  readonly maxFrameBytes: number;
  readonly maxStreams: number;
}

/** Both ends exist at once; `start` lets the first packet cross. */
export const fakeConnection = (dialled: FakeSideComponents, accepted: FakeSideComponents): FakeConnection => {
  const near: SideState = fakeSide(dialled, false, () => far);
  const far: SideState = fakeSide(accepted, true, () => near);
  return {
    dialled: near.side,
    accepted: far.side,
    start: (accept) => {
      near.side.open();
      near.pipe.push(() => accept(far.side));
    },
    wake: () => {
      near.pipe.wake();
      far.pipe.wake();
    },
  };
};

const fakeSide = (given: FakeSideComponents, isIncoming: boolean, other: () => SideState): SideState => {
  const { clock, emit, weather, forget } = given.owner;
  const { connectionId, alpn } = given.info;
  const pipe = fakePipe(clock, weather);
  let info = given.info;
  let maxFrameBytes = given.maxFrameBytes;
  let isOpen = true;
  let isTold = false;
  let cancelIdle: Cancel | null = null;
  let heartbeat: RunningIdleHeartbeat | null = null;
  // Changed, and copied for who asks: every frame is counted.
  const direct = { sentBytes: 0, receivedBytes: 0 };
  const isDirect = (): boolean => info.path?.kind !== 'relay';

  const end = (close: ConnectionClose | null): void => {
    if (!isOpen) return;
    isOpen = false;
    cancelIdle?.();
    heartbeat?.stop();
    pipe.clear();
    streams.end();
    forget(connectionId);
    if (close !== null && isTold) emit('connection.closed', { ...info, close, direct: { ...direct } });
  };

  const close = (name: CloseName, reason: string): void => {
    if (!isOpen) return;
    end({ by: 'here', code: CLOSE_CODES[name], name, reason });
    // Frames still in the pipe are gone, as QUIC forgets them when a connection is closed.
    pipe.push(() => other().closedByPeer(name, reason));
  };

  const streams = fakeStreams({
    connectionId,
    clock,
    emit,
    maxStreams: given.maxStreams,
    push: (deliver) => {
      if (isOpen) pipe.push(deliver);
    },
    other: () => other().streams,
    close: (name, reason) => close(name, reason),
  });

  /** @param frame belongs to the other end from here on */
  const pass = (frame: Uint8Array): void => {
    if (isDirect()) direct.sentBytes += frame.byteLength;
    pipe.push(() => other().receive(frame));
  };

  const side: FakeSide = {
    streams,
    connectionId,
    alpn,
    isIncoming,
    get isOpen() {
      return isOpen;
    },
    info: () => info,
    get direct() {
      return { ...direct };
    },
    allowFrames: (maxBytes) => {
      maxFrameBytes = maxBytes;
    },
    // Whoever sends may use its bytes again.
    send: (frame) => pass(new Uint8Array(frame)),
    setIdleHeartbeat: (told) => {
      if (told !== null && heartbeat?.goOn(told.forMs) === true) return;
      heartbeat?.stop();
      heartbeat = null;
      if (told === null) return;
      heartbeat = idleHeartbeat({
        clock,
        heartbeat: told,
        send: pass,
        onUnanswered: () => emit('heartbeat.unanswered', { connectionId }),
        onRoundTrip: (rttMs) => emit('heartbeat.roundTripChanged', { connectionId, rttMs }),
      });
    },
    close,
    movePath: (path) => {
      info = { ...info, path };
      if (isOpen && isTold) emit('connection.pathChanged', { ...info, path });
    },
    tellLoss: (lossRatio) => {
      if (isOpen && isTold) emit('connection.lossChanged', { connectionId, lossRatio });
    },
    vanish: end,
    setSilent: (isSilent) => {
      cancelIdle?.();
      cancelIdle = null;
      if (!isSilent || !isOpen) return;
      const timedOut: ConnectionClose = { by: 'timeout', code: null, name: null, reason: 'timed out' };
      cancelIdle = clock.setTimer(IDLE_LIMIT_MS, () => end(timedOut));
    },
    open: () => {
      isTold = true;
    },
  };

  return {
    side,
    pipe,
    streams,
    receive: (frame) => {
      if (!isOpen) return;
      if (isDirect()) direct.receivedBytes += frame.byteLength;
      if (frame.byteLength > maxFrameBytes) close('frame-too-large', '');
      else if (heartbeat?.take(frame) !== true) emit('frame.received', { connectionId, frame });
    },
    closedByPeer: (name, reason) => end({ by: 'peer', code: CLOSE_CODES[name], name, reason }),
  };
};
