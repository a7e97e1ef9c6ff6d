import type { Socket } from 'node:net';
import { type ChannelMessage, MESSAGE } from './channel-message.ts';

/** What a `ChildProcess` and the `process` of a forked child have in common. */
export interface IpcPeer {
  readonly connected: boolean;
  readonly send?: {
    (message: ChannelMessage, onWritten: (error: Error | null) => void): unknown;
    (message: ChannelMessage, handle: Socket, onWritten: (error: Error | null) => void): unknown;
  };
  readonly disconnect: () => void;
}

/** The sending half of an IPC pipe. */
export interface IpcSender {
  post(message: ChannelMessage): void;
  /** Sends a connection; resolves with whether it is on its way. One that was not when the pipe broke is not. */
  postConnection(connection: Socket): Promise<boolean>;
  /** Disconnects as soon as everything posted is on its way: disconnecting at once would drop what the pipe had no room for. */
  close(): void;
  /** The pipe is gone: what waits for it has not been sent. */
  end(): void;
}

export const ipcSender = (peer: IpcPeer): IpcSender => {
  let unwritten = 0;
  let isClosing = false;
  /** Node sends one handle at a time, and forgets those that wait when the pipe breaks. */
  const unsent = new Set<(isSent: boolean) => void>();
  const disconnect = (): void => {
    if (peer.connected) peer.disconnect();
  };
  // Called for what could not be written as well: the pipe is gone then, and its end is told on its own.
  const onWritten = (): void => {
    unwritten -= 1;
    if (isClosing && unwritten === 0) disconnect();
  };
  return {
    post: (message) => {
      if (isClosing || !peer.connected) return;
      peer.send?.(message, onWritten);
      unwritten += 1;
    },
    postConnection: (connection) =>
      new Promise((resolve) => {
        if (isClosing || !peer.connected || peer.send === undefined) return resolve(false);
        const settle = (isSent: boolean): void => {
          unsent.delete(settle);
          resolve(isSent);
        };
        unsent.add(settle);
        unwritten += 1;
        peer.send([MESSAGE.connection], connection, (error) => {
          onWritten();
          settle(error === null);
        });
      }),
    end: () => {
      for (const settle of [...unsent]) settle(false);
    },
    close: () => {
      if (isClosing) return;
      isClosing = true;
      if (unwritten === 0) disconnect();
    },
  };
};
