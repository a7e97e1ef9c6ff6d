import { type IpcPeer, ipcSender } from './ipc-sender.ts';
import type { Transport } from './transport.ts';

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
      const onMessage = listener.onMessage.bind(listener) as (message: unknown) => void;
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
