import type { Socket } from 'node:net';
import type { ChannelMessage } from './channel-message.ts';

/** Who hears a {@link Transport}. */
export interface TransportListener {
  onMessage(message: ChannelMessage): void;
  /** A connection the other side accepted, nothing of it read. Whoever hears it owns it; unheard, it is ended. */
  onConnection?(connection: Socket): void;
  /** Called at most once, when no message can arrive any more; `reason` is a clause for a person. */
  onClose(reason: string): void;
}

/**
 * One end of a pipe between two parts of Bowline. Messages arrive once, in the order they were posted, never before
 * `listen` was called and never within `post`.
 */
export interface Transport {
  /**
   * Sends one message; after the end it does nothing.
   * @throws DataCloneError, or another error, when the message holds something that cannot be carried.
   */
  post(message: ChannelMessage): void;
  /**
   * Hands a paused connection over, in order with the messages. Resolves with whether it left this side; one that did not
   * is the caller's to end. Absent where nothing but data can be carried.
   */
  postConnection?(connection: Socket): Promise<boolean>;
  /** Begins delivery, what was posted earlier included. Called once. */
  listen(listener: TransportListener): void;
  /** Ends this side and tells the other; idempotent. The own listener hears nothing afterwards. */
  close(): void;
}
