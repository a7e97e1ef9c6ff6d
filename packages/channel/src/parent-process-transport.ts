import type { Socket } from 'node:net';
import { type ChannelMessage, MESSAGE } from './channel-message.ts';
import { type IpcPeer, ipcSender } from './ipc-sender.ts';
import type { Transport, TransportListener } from './transport.ts';

/**
 * The child's end of the IPC pipe to the process that forked it. It closes when the parent disconnects or dies.
 *
 * @throws TypeError when this process was not forked with an IPC pipe.
 */
export const parentProcessTransport = (): Transport => {
  if (process.send === undefined) throw new TypeError('This process has no IPC pipe to a parent.');
  const sender = ipcSender(process as IpcPeer);
  let isClosed = false;
  let stopListening = (): void => undefined;
  return {
    post: (message) => {
      if (!isClosed) sender.post(message);
    },
    listen: (listener) => {
      const end = (): void => {
        if (isClosed) return;
        isClosed = true;
        stopListening();
        listener.onClose('the parent process disconnected or ended');
      };
      const onMessage = (message: unknown, handle?: unknown): void => {
        const received = message as ChannelMessage;
        if (received[0] !== MESSAGE.connection) listener.onMessage(received);
        // Gone where the other end closed it on the way.
        else if (handle !== undefined) tellConnection(listener, handle as Socket);
      };
      stopListening = () => {
        process.off('message', onMessage);
        process.off('disconnect', end);
      };
      process.on('message', onMessage);
      process.on('disconnect', end);
      if (!process.connected) end();
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      stopListening();
      sender.close();
    },
  };
};

const tellConnection = (listener: TransportListener, connection: Socket): void => {
  if (listener.onConnection === undefined) connection.destroy();
  else listener.onConnection(connection);
};
