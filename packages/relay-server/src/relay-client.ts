import type { Duplex } from 'node:stream';
import type { Cancel, Clock, EndpointId, Logger } from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';
import {
  checkDatagramSize,
  contentBytesOfFrame,
  datagramCountOfFrame,
  encodeEndpointGone,
  encodeHealthFor,
  encodePing,
  encodePong,
  encodeRelayFrame,
  endpointIdOfKey,
  FRAME_TYPE,
  hasEndpointKey,
  isDatagramToClient,
  type LoginHealth,
  type ProtocolVersion,
  pingPayloadOf,
  RelayProtocolError,
  type RouteKey,
  routeKeyOfFrame,
  turnIntoDelivery,
} from '@bowline/relay-protocol';
import type { ControlKind, DropCause, SharedBudget } from '@bowline/relay-socket';
import type { RawData, WebSocket } from 'ws';
import { ClientLiveness, type LivenessLimits } from './client-liveness.ts';
import type { ReceiveLimit } from './options.ts';
import type { Presence } from './presence.ts';
import type { LeaveReason, RelayCounters } from './relay-metrics.ts';
import { type FlushTurn, SendQueue } from './send-queue.ts';

/** Absent destinations told to one client between two sweeps, so that a scan for endpoints earns silence. */
const MAX_ABSENT_TOLD = 64;

/** Bytes of WebSocket framing around a frame, counted by the receive limit. */
const MESSAGE_OVERHEAD_BYTES = 8;

/** WebSocket close codes (RFC 6455 section 7.4.1; 1012 from the IANA registry). */
const CLOSE_CODE: Readonly<Record<LeaveReason, number>> = {
  left: 1000,
  silent: 1001,
  stalled: 1001,
  protocol: 1002,
  displaced: 1008,
  dismissed: 1008,
  stopping: 1012,
};

/** What all clients of a relay share. */
export interface ClientComponents {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: RelayCounters;
  readonly turn: FlushTurn;
  readonly budget: SharedBudget;
  readonly sendQueueBytes: number;
  readonly receiveLimit: ReceiveLimit | null;
  readonly tellAbsent: boolean;
  readonly livenessLimits: LivenessLimits;
  /** A number from 0 to 1, for spreading pings. */
  ratio(): number;
  pingPayload(): Uint8Array;
  find(routeKey: RouteKey): Presence | undefined;
  onLeave(client: RelayClient, reason: LeaveReason): void;
}

/**
 * One login: reads its frames, passes its datagrams on, holds what is on its way to it.
 *
 * Long because every frame in either direction is counted, metered and may end the login, in one place.
 */
export class RelayClient {
  readonly presence: Presence;
  readonly version: ProtocolVersion;
  readonly #socket: WebSocket;
  readonly #components: ClientComponents;
  readonly #queue: SendQueue;
  readonly #liveness: ClientLiveness;
  readonly #bucket: TokenBucket | undefined;
  /** Where the last datagram went: most go where the one before went. */
  #lastDestination: Presence | undefined;
  #absentTold: Set<RouteKey> | undefined;
  #isGone: boolean = false;
  #isRateLimited: boolean = false;
  #cancelPause: Cancel | undefined;

  constructor(
    presence: Presence,
    version: ProtocolVersion,
    socket: WebSocket,
    connection: Duplex,
    components: ClientComponents,
  ) {
    this.presence = presence;
    this.version = version;
    this.#socket = socket;
    this.#components = components;
    const { budget, clock, livenessLimits, receiveLimit, sendQueueBytes: limitBytes, turn } = components;
    const onDrop = (frame: Buffer, cause: DropCause): void => this.#countDropped(frame, cause);
    const onSent = (frame: Buffer): void => this.#countSent(frame);
    this.#queue = new SendQueue({ socket: connection, turn, limitBytes, budget, onDrop, onSent });
    this.#liveness = new ClientLiveness(livenessLimits);
    this.#bucket = receiveLimit === null ? undefined : bucketOf(receiveLimit, clock.monotonicMs());
    socket.on('message', this.#onMessage);
    if (this.#bucket !== undefined) {
      // WebSocket's own pings, which ws answers, are no way around the limit.
      socket.on('ping', this.#meterControl);
      socket.on('pong', this.#meterControl);
    }
    socket.once('close', () => this.#leave('left'));
  }

  get endpointId(): EndpointId {
    return endpointIdOfKey(this.presence.endpointKey);
  }

  /** Passes a datagram frame to this client. @param delivery in the form the client receives */
  deliver(sender: Presence, delivery: Buffer): void {
    this.#queue.push(sender, delivery);
  }

  tellHealth(health: LoginHealth): void {
    const frame = encodeHealthFor(this.version, health);
    if (frame !== undefined) this.#tell(frame);
  }

  tellGone(endpointKey: Uint8Array): void {
    this.#components.counters.goneTold += 1;
    this.#tell(encodeEndpointGone(endpointKey));
  }

  /** Says that the relay is about to stop, and closes. */
  tellRestart(reconnectInMs: number, tryForMs: number): void {
    this.#tell(encodeRelayFrame({ type: 'restarting', reconnectInMs, tryForMs }));
    this.#queue.flush();
    this.drop('stopping');
  }

  /** Ends the login. A client that stopped listening is cut, others are told by a close code. */
  drop(reason: LeaveReason): void {
    if (this.#isGone) return;
    this.#leave(reason);
    if (reason === 'silent' || reason === 'stalled') this.#socket.terminate();
    else this.#socket.close(CLOSE_CODE[reason], reason);
  }

  /** Cuts the connection, closing or not. */
  terminate(): void {
    this.#leave('stopping');
    this.#socket.terminate();
  }

  /** Looks after the connection: asked about once a second at monotonic time `nowMs`. */
  sweep(nowMs: number): void {
    this.#absentTold = undefined;
    const { pingPayload, ratio } = this.#components;
    const conduct = {
      isPaused: this.#cancelPause !== undefined,
      isBackedUp: this.#queue.isBackedUp,
      hasProgressed: this.#queue.takeProgress(),
    };
    const verdict = this.#liveness.judge(nowMs, conduct, ratio());
    if (verdict === 'ping') this.#tellControl('ping', encodePing(pingPayload()));
    else if (verdict !== 'fine') this.drop(verdict);
  }

  readonly #onMessage = (data: RawData, isBinary: boolean): void => {
    if (this.#isGone) return;
    try {
      if (!isBinary || !Buffer.isBuffer(data)) {
        throw new RelayProtocolError('unexpected-frame', 'A client sent text where frames are binary.');
      }
      this.#liveness.hear();
      this.#handle(data);
      if (this.#bucket !== undefined) this.#meter(this.#bucket, data.length + MESSAGE_OVERHEAD_BYTES);
    } catch (error) {
      const { endpointId } = this;
      const { logger } = this.#components;
      if (error instanceof RelayProtocolError) {
        logger.debug({ endpointId, ...error.data }, 'client broke the protocol');
      } else {
        // A mistake of ours costs this login, not the relay.
        logger.error({ endpointId, error }, 'handling a frame failed');
      }
      this.drop('protocol');
    }
  };

  readonly #meterControl = (payload: Buffer): void => {
    if (this.#bucket !== undefined && !this.#isGone) this.#meter(this.#bucket, payload.length + MESSAGE_OVERHEAD_BYTES);
  };

  #handle(frame: Buffer): void {
    switch (frame[0]) {
      case FRAME_TYPE.clientToRelayDatagram:
      case FRAME_TYPE.clientToRelayDatagramBatch:
        this.#forward(frame);
        return;
      case FRAME_TYPE.ping:
        this.#components.counters.pingsIn += 1;
        this.#tellControl('pong', encodePong(pingPayloadOf(frame)));
        return;
      case FRAME_TYPE.pong:
        pingPayloadOf(frame);
        return;
      default:
        throw new RelayProtocolError('unexpected-frame', 'A client sent a frame that is not its to send.', {
          frameType: frame[0] ?? -1,
        });
    }
  }

  #forward(frame: Buffer): void {
    checkDatagramSize(frame);
    const { counters } = this.#components;
    const contentBytes = contentBytesOfFrame(frame);
    const datagramCount = datagramCountOfFrame(frame);
    counters.datagramsIn += datagramCount;
    counters.bytesIn += contentBytes;
    if (contentBytes === 0) {
      // iroh-relay ends the login of a destination it is asked to deliver nothing to; nobody sends this in earnest.
      counters.dropped.empty += 1;
      return;
    }
    const destination = this.#destinationOf(frame)?.active;
    if (destination === undefined) {
      counters.dropped.absent += datagramCount;
      this.#tellAbsent(frame);
      return;
    }
    destination.deliver(this.presence, turnIntoDelivery(frame, this.presence.endpointKey));
  }

  #destinationOf(frame: Buffer): Presence | undefined {
    const last = this.#lastDestination;
    if (last?.active !== undefined && hasEndpointKey(frame, last.endpointKey)) return last;
    const destination = this.#components.find(routeKeyOfFrame(frame));
    this.#lastDestination = destination;
    if (destination !== undefined) this.presence.meet(destination);
    return destination;
  }

  #tellAbsent(frame: Buffer): void {
    if (!this.#components.tellAbsent) return;
    this.#absentTold ??= new Set();
    const routeKey = routeKeyOfFrame(frame);
    if (this.#absentTold.size >= MAX_ABSENT_TOLD || this.#absentTold.has(routeKey)) return;
    this.#absentTold.add(routeKey);
    this.tellGone(Buffer.from(routeKey, 'latin1'));
  }

  #meter(bucket: TokenBucket, sizeBytes: number): void {
    const { clock, counters } = this.#components;
    const pauseMs = bucket.spend(sizeBytes, clock.monotonicMs());
    if (pauseMs === 0 || this.#isGone) return;
    if (!this.#isRateLimited) {
      this.#isRateLimited = true;
      counters.clientsRateLimited += 1;
      this.tellHealth('rate-limited');
    }
    this.#socket.pause();
    this.#cancelPause?.();
    this.#cancelPause = clock.setTimer(
      pauseMs,
      () => {
        this.#cancelPause = undefined;
        this.#socket.resume();
      },
      { unref: true },
    );
  }

  #tell(frame: Uint8Array): void {
    if (this.#isGone) return;
    this.#queue.push(this, Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength));
  }

  #tellControl(kind: ControlKind, frame: Uint8Array): void {
    if (!this.#isGone) this.#queue.pushControl(kind, Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength));
  }

  #countSent(frame: Buffer): void {
    if (!isDatagramToClient(frame)) return;
    const { counters } = this.#components;
    counters.datagramsOut += datagramCountOfFrame(frame);
    counters.bytesOut += contentBytesOfFrame(frame);
  }

  #countDropped(frame: Buffer, cause: DropCause): void {
    // What waited for a client that left is not counted: it was not dropped for want of room.
    if (cause !== 'cleared' && isDatagramToClient(frame))
      this.#components.counters.dropped[cause] += datagramCountOfFrame(frame);
  }

  #leave(reason: LeaveReason): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#cancelPause?.();
    this.#queue.flush();
    this.#queue.clear();
    this.#components.onLeave(this, reason);
  }
}

const bucketOf = ({ burstBytes, bytesPerSecond }: ReceiveLimit, nowMs: number): TokenBucket =>
  new TokenBucket({ perSecond: bytesPerSecond, burst: burstBytes }, nowMs);
