import type { Cancel, Clock } from '@bowline/contracts';
import {
  checkDatagramSize,
  decodeClientAuth,
  decodeClientFrame,
  encodePong,
  encodeServerChallenge,
  encodeServerConfirmsAuth,
  encodeServerDeniesAuth,
  isDatagramToRelay,
  RelayProtocolError,
  type RouteKey,
  routeKeyOf,
  verifyClientAuth,
} from '@bowline/relay-protocol';
import { FrameOutlet, type FrameSink } from '@bowline/relay-socket';

/** Time an endpoint has to prove its key, milliseconds. */
const PROOF_DEADLINE_MS = 5_000;

/** The socket of one login on loopback. */
export interface LoopbackSocket extends FrameSink {
  /** Ends it after what was sent. */
  close(): void;
  /** Ends it at once. */
  terminate(): void;
}

/** What a login on loopback tells. */
export interface LoopbackLoginEvents {
  /** The key is proven. @returns whether it is one of this device's */
  readonly proven: (key: RouteKey) => boolean;
  /** The login is complete: frames may be delivered. */
  readonly confirmed: (key: RouteKey) => void;
  /** A datagram frame for some peer, size-checked. */
  readonly datagrams: (frame: Buffer) => void;
  readonly dropped: (frame: Uint8Array, peer: RouteKey) => void;
}

/** One endpoint of this device on the loopback relay: challenge, proof, then frames. */
export class LoopbackLogin {
  readonly #socket: LoopbackSocket;
  readonly #challenge: Uint8Array;
  readonly #events: LoopbackLoginEvents;
  readonly #outlet: FrameOutlet;
  readonly #cancelDeadline: Cancel;
  #key: RouteKey | null = null;
  #isClosed: boolean = false;

  constructor(socket: LoopbackSocket, challenge: Uint8Array, clock: Clock, events: LoopbackLoginEvents) {
    this.#socket = socket;
    this.#challenge = challenge;
    this.#events = events;
    this.#outlet = new FrameOutlet(socket, events.dropped);
    this.#cancelDeadline = clock.setTimer(PROOF_DEADLINE_MS, () => this.terminate());
    socket.send(encodeServerChallenge(challenge));
  }

  /** Whose login it is; `null` before the proof. */
  get key(): RouteKey | null {
    return this.#key;
  }

  /** Passes a frame from a relay on to the endpoint. */
  deliver(frame: Uint8Array, peer: RouteKey): void {
    this.#outlet.send(frame, peer);
  }

  receive(frame: Buffer): void {
    if (this.#isClosed) return;
    try {
      if (this.#key === null) this.#prove(frame);
      else if (isDatagramToRelay(frame)) {
        checkDatagramSize(frame);
        this.#events.datagrams(frame);
      } else {
        const control = decodeClientFrame(frame);
        if (control.type === 'ping') this.#outlet.sendControl('pong', encodePong(control.payload));
      }
    } catch (error) {
      if (!(error instanceof RelayProtocolError)) throw error;
      this.close();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelDeadline();
    this.#outlet.close();
    this.#socket.close();
  }

  terminate(): void {
    this.close();
    this.#socket.terminate();
  }

  #prove(frame: Buffer): void {
    const auth = decodeClientAuth(frame);
    const key = routeKeyOf(auth.endpointKey);
    if (!verifyClientAuth(auth, this.#challenge)) {
      this.#deny('The signature does not prove the key.');
      return;
    }
    this.#cancelDeadline();
    if (!this.#events.proven(key)) {
      this.#deny('This relay serves the endpoints of one device only.');
      return;
    }
    this.#key = key;
    this.#socket.send(encodeServerConfirmsAuth());
    this.#events.confirmed(key);
  }

  #deny(reason: string): void {
    this.#socket.send(encodeServerDeniesAuth(reason));
    this.close();
  }
}
