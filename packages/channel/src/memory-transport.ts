import type { Socket } from 'node:net';
import type { ChannelMessage } from './channel-message.ts';
import type { Transport, TransportListener } from './transport.ts';

/**
 * Two connected ends within one thread. Messages pass by reference, one microtask later: payloads are readonly by
 * contract, and a microtask is what keeps an answer from arriving before `request` has returned.
 */
export const memoryTransportPair = (): readonly [Transport, Transport] => {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.other = right;
  right.other = left;
  return [left, right];
};

class MemoryEnd implements Transport {
  other: MemoryEnd | undefined;
  #listener: TransportListener | undefined;
  #inbox: (ChannelMessage | Socket)[] = [];
  #drainState: 'idle' | 'scheduled' = 'idle';
  /** `ended` by the other side, `closed` by this one. */
  #state: 'open' | 'ended' | 'closed' = 'open';
  /** The emptied inbox of the last delivery, used again: an array for each message would cost more than the message. */
  #spareInbox: (ChannelMessage | Socket)[] = [];
  readonly #drain = (): void => {
    this.#drainState = 'idle';
    const inbox = this.#inbox;
    this.#inbox = this.#spareInbox;
    for (const each of inbox) this.#tell(each);
    inbox.length = 0;
    this.#spareInbox = inbox;
  };

  post(message: ChannelMessage): void {
    if (this.#state === 'open') this.other?.receive(message);
  }

  async postConnection(connection: Socket): Promise<boolean> {
    if (this.#state !== 'open' || this.other === undefined) return false;
    return this.other.receive(connection);
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
    if (this.#inbox.length > 0) this.#scheduleDrain();
    if (this.#state === 'ended') queueMicrotask(() => this.#tellEnd());
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#listener = undefined;
    for (const each of this.#inbox) if (isConnection(each)) each.destroy();
    this.#inbox = [];
    const other = this.other;
    queueMicrotask(() => other?.endedByOther());
  }

  receive(message: ChannelMessage | Socket): boolean {
    if (this.#state !== 'open') return false;
    this.#inbox.push(message);
    if (this.#listener !== undefined) this.#scheduleDrain();
    return true;
  }

  endedByOther(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#tellEnd();
  }

  #tell(each: ChannelMessage | Socket): void {
    if (!isConnection(each)) this.#listener?.onMessage(each);
    else if (this.#listener?.onConnection === undefined) each.destroy();
    else this.#listener.onConnection(each);
  }

  #tellEnd(): void {
    if (this.#state === 'ended') this.#listener?.onClose('the other side closed it');
  }

  #scheduleDrain(): void {
    if (this.#drainState === 'scheduled') return;
    this.#drainState = 'scheduled';
    queueMicrotask(this.#drain);
  }
}

const isConnection = (each: ChannelMessage | Socket): each is Socket => !Array.isArray(each);
