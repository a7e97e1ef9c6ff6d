import { StreamProtocolError } from './errors.ts';
import { grownBytes } from './grown-bytes.ts';
import { receiveHalf } from './receive-half.ts';
import { sendHalf } from './send-half.ts';
import { INITIAL_LIMIT_BYTES, type StreamFrame } from './stream-frame.ts';
import type { StreamAnswer, StreamHeader, StreamPosition } from './stream-header.ts';

/** How much of a stream is kept in memory. */
export interface StreamLimits {
  /** Most bytes that arrived and wait to be read, at first; at least {@link INITIAL_LIMIT_BYTES}. */
  readonly windowBytes: number;
  /** Bytes written and not acknowledged from which on a writer should wait, at first. */
  readonly bufferBytes: number;
  /** To which each of the two grows, with what the stream has carried. */
  readonly mostBytes: number;
}

/**
 * 1 MiB each: 10 MB/s, what the binding gives at best, at a round trip of 100 ms. 4 MiB: where TCP alone carries 10 MB/s at
 * 50 ms and 1 % of losses, 1 MiB came to half of it (`npm run bench push -- --network lossy --mebibytes 32`). A stream keeps 8 MiB at most.
 */
export const STREAM_LIMITS: StreamLimits = Object.freeze({
  windowBytes: 1_048_576,
  bufferBytes: 1_048_576,
  mostBytes: 4_194_304,
});

/** Who a stream is to the one that keeps it. The opener is the one that resumes. */
export type StreamRole =
  | { readonly kind: 'opener'; readonly streamId: Uint8Array; readonly service: string; readonly isResumable: boolean }
  | { readonly kind: 'acceptor' };

/**
 * One stream of bytes in both directions, on any number of connections one after the other. It does nothing by itself:
 * whoever keeps it puts on the wire what {@link next} gives, tells what arrives, and says when a connection came or went.
 */
export interface ResumableStream {
  /** Whether it may put frames on the connection it is on. */
  readonly isAttached: boolean;
  /** Opener: whether the other side has ever accepted it. */
  readonly wasAccepted: boolean;
  /** Both directions have ended, and each side has all of the other. An opener has one word left to say, `done`. */
  readonly isComplete: boolean;
  /** Acceptor: nothing is left to say on the connection it is on, unless that breaks: both ends are said and acknowledged. */
  readonly hasSaidAll: boolean;
  /** Nothing is left to say or to hear; the stream needs not be remembered. */
  readonly isFinished: boolean;
  readonly resetCode: number | null;
  readonly canWrite: boolean;
  readonly isReadable: boolean;
  readonly hasEnded: boolean;
  readonly isAllAcknowledged: boolean;
  readonly waitingBytes: number;
  /** Bytes written and not acknowledged: they must not be changed. */
  readonly keptBytes: number;
  /** Bytes that {@link next} gives now, acknowledgements aside. */
  readonly readyBytes: number;

  write(bytes: Uint8Array): void;
  end(): void;
  read(): Uint8Array | 'end' | null;
  /** Ends both directions at once and forgets what was not read or sent. */
  reset(code: number): void;

  /** Opener: on a new connection, the header to say there. Frames may follow at once only on the very first one. */
  opening(): StreamHeader;
  /** Opener: the answer on the connection it is on. `refused` is not for the stream to decide. @throws StreamProtocolError */
  answered(answer: Extract<StreamAnswer, { kind: 'accepted' | 'reset' }>): void;
  /**
   * Acceptor: what to answer to a header on a new connection; `null` when it is older than the one the stream is on.
   * @throws StreamProtocolError
   */
  accept(header: Extract<StreamHeader, { kind: 'open' | 'resume' }>): StreamAnswer | null;
  /** The connection it is on is gone. */
  detach(): void;
  /**
   * Opener that has said `done`: the header that says on a new connection that it has everything, to be followed by `done` at
   * once, since what was said last may have gone with its connection. `null` before.
   */
  doneHeader(): Extract<StreamHeader, { kind: 'resume' }> | null;

  /** @throws StreamProtocolError */
  receive(frame: StreamFrame): void;
  /** The next frame for the wire, `null` when there is none now. @param maxBytes of data */
  next(maxBytes: number): StreamFrame | null;
  /** Whether something should go out `now`, `later` (an acknowledgement that can wait for company), or `none`. */
  readonly urgency: 'none' | 'later' | 'now';
}

export const resumableStream = (role: StreamRole, limits: StreamLimits = STREAM_LIMITS): ResumableStream => {
  const sending = sendHalf(role.kind === 'opener' ? INITIAL_LIMIT_BYTES : 0);
  const { bufferBytes, mostBytes, windowBytes } = limits;
  const receiving = receiveHalf({ firstBytes: windowBytes, mostBytes });
  let isAttached = false;
  let wasAccepted = false;
  let attempt = 0;
  let isDoneSaid = false;
  let isDoneHeard = false;
  let resetCode: number | null = null;

  const isComplete = (): boolean => sending.isAcknowledged && receiving.isEnded;
  const rewind = (peer: StreamPosition): void => {
    sending.rewind(peer);
    isAttached = true;
  };
  const applyReset = (code: number): void => {
    if (resetCode !== null || isComplete()) return;
    resetCode = code;
    sending.drop();
    receiving.drop();
  };
  const urgency = (): ResumableStream['urgency'] => {
    if (!isAttached || resetCode !== null) return 'none';
    if (sending.isReady) return 'now';
    if (role.kind === 'opener' && !wasAccepted) return 'none';
    if (role.kind === 'opener' && isComplete() && !isDoneSaid) return 'now';
    return receiving.ackUrgency;
  };

  return {
    get isAttached() {
      return isAttached;
    },
    get wasAccepted() {
      return wasAccepted;
    },
    get isComplete() {
      return isComplete();
    },
    get hasSaidAll() {
      return role.kind === 'acceptor' && isAttached && sending.isEndSent && receiving.isEndTold;
    },
    get isFinished() {
      return isDoneSaid || isDoneHeard;
    },
    get resetCode() {
      return resetCode;
    },
    get canWrite() {
      return sending.keptBytes < grownBytes({ firstBytes: bufferBytes, mostBytes }, sending.acknowledgedBytes);
    },
    get isReadable() {
      return receiving.isReadable;
    },
    get hasEnded() {
      return sending.isEnded;
    },
    get isAllAcknowledged() {
      return sending.isAcknowledged;
    },
    get waitingBytes() {
      return receiving.waitingBytes;
    },
    get keptBytes() {
      return sending.keptBytes;
    },
    get readyBytes() {
      return isAttached ? sending.readyBytes : 0;
    },
    get urgency() {
      return urgency();
    },
    write: (bytes) => {
      if (!sending.isEnded && resetCode === null) sending.write(bytes);
    },
    end: () => {
      if (resetCode === null) sending.end();
    },
    read: () => (resetCode === null ? receiving.read() : null),
    reset: applyReset,

    opening: () => {
      if (role.kind !== 'opener') throw new StreamProtocolError('only an opener opens');
      const { streamId, service, isResumable } = role;
      if (resetCode !== null) return { kind: 'reset', streamId, code: resetCode };
      attempt += 1;
      isAttached = attempt === 1;
      const position = receiving.report();
      if (wasAccepted) return { kind: 'resume', streamId, attempt, ...position };
      return { kind: 'open', streamId, service, attempt, isResumable, ...position };
    },
    answered: (answer) => {
      if (answer.kind === 'reset') {
        applyReset(answer.code);
        return;
      }
      // What was sent at once is under way on this very connection: it is not sent again.
      if (isAttached) sending.acknowledge(answer);
      else rewind(answer);
      wasAccepted = true;
    },
    accept: (header) => {
      if (header.attempt <= attempt) return null;
      attempt = header.attempt;
      if (resetCode !== null) return { kind: 'reset', code: resetCode };
      rewind(header);
      return { kind: 'accepted', ...receiving.report() };
    },
    detach: () => {
      isAttached = false;
    },
    doneHeader: () => {
      if (role.kind !== 'opener' || !isDoneSaid) return null;
      attempt += 1;
      return { kind: 'resume', streamId: role.streamId, attempt, ...receiving.report() };
    },
    receive: (frame) => {
      switch (frame.kind) {
        case 'ack':
          sending.acknowledge(frame);
          return;
        case 'done':
          // Under way when the stream was reset here, or said again after that: the opener has everything all the same.
          if (role.kind === 'acceptor' && resetCode !== null) return;
          if (role.kind === 'opener' || !isComplete()) throw new StreamProtocolError('done is said too early');
          isDoneHeard = true;
          return;
        default:
          receiving.receive(frame);
      }
    },
    next: (maxBytes) => {
      if (!isAttached || resetCode !== null) return null;
      const mayAnswer = role.kind === 'acceptor' || wasAccepted;
      if (mayAnswer && receiving.ackUrgency !== 'none') return { kind: 'ack', ...receiving.report() };
      const frame = sending.next(maxBytes);
      if (frame !== null) return frame;
      if (role.kind !== 'opener' || !mayAnswer || !isComplete() || isDoneSaid) return null;
      isDoneSaid = true;
      return { kind: 'done' };
    },
  };
};
