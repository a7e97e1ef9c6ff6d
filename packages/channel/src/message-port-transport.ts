import type { MessagePort, Worker } from 'node:worker_threads';
import type { Transport } from './transport.ts';

/**
 * A {@link Transport} over a `MessagePort`, over a `Worker` as its parent sees it, or over a worker's `parentPort`.
 *
 * For a `Worker`, `close` only stops talking: ending the thread is the business of whoever started it.
 */
export const messagePortTransport = (port: MessagePort | Worker): Transport => {
  let isClosed = false;
  let stopListening = (): void => undefined;
  const isWorker = 'threadId' in port;
  return {
    post: (message) => {
      if (!isClosed) port.postMessage(message);
    },
    listen: (listener) => {
      let failure: string | undefined;
      const end = (reason: string): void => {
        if (isClosed) return;
        isClosed = true;
        stopListening();
        listener.onClose(failure === undefined ? reason : `${reason}: ${failure}`);
      };
      const onMessage = listener.onMessage.bind(listener);
      const onMessageError = (error: Error): void => end(`a message could not be read (${error.message})`);
      const onEnd = (exitCode?: number): void =>
        end(isWorker ? `the thread ended with code ${String(exitCode)}` : 'the other side closed it');
      const onError = (error: Error): void => {
        failure = error.message;
      };
      const endEvent = isWorker ? 'exit' : 'close';
      stopListening = () => {
        port.off('message', onMessage);
        port.off('messageerror', onMessageError);
        port.off(endEvent, onEnd);
      };
      port.on('message', onMessage);
      port.on('messageerror', onMessageError);
      port.on(endEvent, onEnd);
      // Stays attached: a thread's failure after the channel's end must not become an uncaught error of this thread.
      if (isWorker) port.on('error', onError);
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      stopListening();
      if (!isWorker) (port as MessagePort).close();
    },
  };
};
