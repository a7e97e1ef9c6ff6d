import type { ChildProcess } from 'node:child_process';
import type { Clock } from '@bowline/contracts';
import type { Transport } from './transport.ts';

/**
 * How long after the pipe's end the exit code is waited for, in milliseconds: both come from one death and arrive in
 * either order, and the code is the better reason.
 */
const EXIT_CODE_GRACE_MS = 200;

/**
 * The parent's end of the IPC pipe of a child started by `fork` with `serialization: 'advanced'`; with the default
 * JSON, bytes and errors would not survive.
 *
 * @param options.clock lets a broken pipe wait {@link EXIT_CODE_GRACE_MS} for the exit code before it is reported.
 */
export const childProcessTransport = (child: ChildProcess, options: { readonly clock?: Clock } = {}): Transport => {
  let isClosed = false;
  let stopListening = (): void => undefined;
  // A message that can no longer be delivered is reported by 'disconnect'; an error event without listener would be thrown.
  child.on('error', () => undefined);
  return {
    post: (message) => {
      if (!isClosed && child.connected) child.send(message, ignoreUndelivered);
    },
    listen: (listener) => {
      const end = (reason: string): void => {
        if (isClosed) return;
        isClosed = true;
        stopListening();
        listener.onClose(reason);
      };
      const onMessage = listener.onMessage.bind(listener) as (message: unknown) => void;
      const onExit = (code: number | null, signal: string | null): void =>
        end(signal === null ? `the process ended with code ${String(code)}` : `the process was killed by ${signal}`);
      const onDisconnect = (): void => {
        const hasExited = child.exitCode !== null || child.signalCode !== null;
        if (hasExited) onExit(child.exitCode, child.signalCode);
        else if (options.clock === undefined) end('the process disconnected');
        else options.clock.setTimer(EXIT_CODE_GRACE_MS, () => end('the process disconnected'), { unref: true });
      };
      const onError = (error: Error): void => end(`the process could not be started (${error.message})`);
      stopListening = () => {
        child.off('message', onMessage);
        child.off('disconnect', onDisconnect);
        child.off('exit', onExit);
        child.off('error', onError);
      };
      child.on('message', onMessage);
      child.on('disconnect', onDisconnect);
      child.on('exit', onExit);
      child.on('error', onError);
      if (!child.connected) onDisconnect();
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      stopListening();
      if (child.connected) child.disconnect();
    },
  };
};

const ignoreUndelivered = (): void => undefined;
