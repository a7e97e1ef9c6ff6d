import {
  checkDatagramSize,
  decodeClientFrame,
  encodePong,
  isDatagramToRelay,
  RelayProtocolError,
  type RouteKey,
} from '@bowline/relay-protocol';
import { FrameOutlet, type FrameSink } from '@bowline/relay-socket';

/** The socket of one endpoint on loopback. */
export interface LoopbackSocket extends FrameSink {
  /** Ends it after what was sent. */
  close(): void;
}

/** What an endpoint on loopback tells. */
export interface LoopbackClientEvents {
  /** A datagram frame for some peer, size-checked. */
  readonly datagrams: (frame: Buffer) => void;
  readonly dropped: (frame: Uint8Array, peer: RouteKey) => void;
}

/** One endpoint of this device that is logged in on the loopback relay. */
export class LoopbackClient {
  readonly #socket: LoopbackSocket;
  readonly #events: LoopbackClientEvents;
  readonly #outlet: FrameOutlet;
  #isClosed: boolean = false;

  constructor(socket: LoopbackSocket, events: LoopbackClientEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#outlet = new FrameOutlet(socket, events.dropped);
  }

  /** Passes a frame from a relay on to the endpoint. */
  deliver(frame: Uint8Array, peer: RouteKey): void {
    this.#outlet.send(frame, peer);
  }

  receive(frame: Buffer): void {
    if (this.#isClosed) return;
    try {
      if (isDatagramToRelay(frame)) {
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
    this.#outlet.close();
    this.#socket.close();
  }
}
