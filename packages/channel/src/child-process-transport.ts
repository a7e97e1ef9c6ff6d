import type { ChildProcess } from 'node:child_process';
import type { Cancel, Clock } from '@bowline/contracts';
import { type IpcPeer, ipcSender } from './ipc-sender.ts';
import type { Transport } from './transport.ts';

/**
 * How long the second sign of a child's death is waited for after the first, in milliseconds. The end of the pipe and
 * the exit code come from one death and arrive in either order; messages may be left in the pipe, and the code is the
 * better reason.
 */
const SECOND_SIGN_GRACE_MS = 200;

/**
 * The parent's end of the IPC pipe of a child started by `fork` with `serialization: 'advanced'`; with the default
 * JSON, bytes and errors would not survive.
 *
 * @param options.clock lets a broken pipe wait for the exit code; without it the pipe's end is the end.
 */
export const childProcessTransport = (child: ChildProcess, options: { readonly clock?: Clock } = {}): Transport => {
  const sender = ipcSender(child as IpcPeer);
  let isClosed = false;
  let stopListening = (): void => undefined;
  // What can no longer be delivered is told by 'disconnect'; an 'error' event nobody hears would be thrown.
  child.on('error', () => undefined);

  return {
    post: (message) => {
      if (!isClosed) sender.post(message);
    },
    postConnection: (connection) => (isClosed ? Promise.resolve(false) : sender.postConnection(connection)),
    listen: (listener) => {
      let cancelGrace: Cancel = () => undefined;
      const end = (reason: string): void => {
        if (isClosed) return;
        isClosed = true;
        stopListening();
        sender.end();
        listener.onClose(reason);
      };
      const endAfterGrace = (reason: string): void => {
        if (options.clock !== undefined) {
          cancelGrace = options.clock.setTimer(SECOND_SIGN_GRACE_MS, () => end(reason), { unref: true });
        } else if (!child.connected) end(reason);
      };
      const onMessage = listener.onMessage.bind(listener) as (message: unknown) => void;
      const onExit = (): void => (child.connected ? endAfterGrace(exitReasonOf(child)) : end(exitReasonOf(child)));
      const onDisconnect = (): void =>
        hasExited(child) ? end(exitReasonOf(child)) : endAfterGrace('the process disconnected');
      // With a pid it is about a signal that could not be sent, which ends nothing.
      const onError = (error: Error): void => {
        if (child.pid === undefined) end(`the process could not be started (${error.message})`);
      };
      stopListening = () => {
        cancelGrace();
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
      sender.close();
    },
  };
};

const hasExited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const exitReasonOf = ({ exitCode, signalCode }: ChildProcess): string =>
  signalCode === null ? `the process ended with code ${String(exitCode)}` : `the process was killed by ${signalCode}`;
