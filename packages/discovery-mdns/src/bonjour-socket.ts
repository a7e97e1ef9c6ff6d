import { EventEmitter } from 'node:events';

/** Who sent a packet, as the mDNS library wants to know it. */
export interface PacketSource {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly port: number;
  readonly size: number;
}

/** What a {@link BonjourSocket} does with what the mDNS library asks of it. */
export interface BonjourSocketComponents {
  /** Sends to the multicast group; `onSent` is always called. */
  readonly send: (packet: Buffer, onSent: (error: Error | null) => void) => void;
  readonly onClose: () => void;
  /** The library threw over a packet. */
  readonly onThrow: (error: unknown) => void;
}

/**
 * What one instance of the mDNS library takes for a UDP socket.
 *
 * The real socket of an interface is shared by several instances, is opened, joined and closed by us, and never
 * reports an error to the library, which would throw it where nobody can catch it. For the same reason packets are
 * handed over here, inside a `try`: a packet that makes the library throw is dropped instead of ending the process.
 */
export class BonjourSocket extends EventEmitter {
  readonly #components: BonjourSocketComponents;

  constructor(components: BonjourSocketComponents) {
    super();
    this.#components = components;
  }

  /** Hands a packet to the library. */
  deliver(packet: Buffer, source: PacketSource): void {
    try {
      this.emit('message', packet, source);
    } catch (error) {
      this.#components.onThrow(error);
    }
  }

  /** The real socket is bound already. `listening` is never told, so the library leaves the memberships alone. */
  bind(_port: number, _address: string | undefined, onBound: () => void): void {
    queueMicrotask(onBound);
  }

  /** Whatever address the library names, mDNS goes to the group. */
  send(
    packet: Buffer,
    offset: number,
    length: number,
    _port: number,
    _address: string,
    onSent: (error: Error | null) => void,
  ): void {
    this.#components.send(packet.subarray(offset, offset + length), onSent);
  }

  close(onClosed: () => void): void {
    this.#components.onClose();
    this.removeAllListeners();
    queueMicrotask(onClosed);
  }
}
