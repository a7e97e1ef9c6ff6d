import type { ChannelMessage } from './channel-message.ts';

/** What a `ChildProcess` and the `process` of a forked child have in common. */
export interface IpcPeer {
  readonly connected: boolean;
  readonly send?: (message: ChannelMessage, onWritten: () => void) => unknown;
  readonly disconnect: () => void;
}

/** The sending half of an IPC pipe. */
export interface IpcSender {
  post(message: ChannelMessage): void;
  /** Disconnects as soon as everything posted is on its way: disconnecting at once would drop what the pipe had no room for. */
  close(): void;
}

export const ipcSender = (peer: IpcPeer): IpcSender => {
  let unwritten = 0;
  let isClosing = false;
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
    close: () => {
      if (isClosing) return;
      isClosing = true;
      if (unwritten === 0) disconnect();
    },
  };
};
