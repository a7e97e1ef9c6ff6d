import {
  type Clock,
  type CloseName,
  type ConnectionClose,
  type ConnectionPath,
  type ConnectionStage,
  type DeviceId,
  errorMessage,
} from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { encodeLinkFrame, type LinkGreeting } from '@bowline/link-protocol';
import { dialEndOf, saysUnpaired } from './close-meaning.ts';
import { LinkCancelledError, LinkRefusedError, LinkUnreachableError } from './errors.ts';
import { awaitGreeting } from './greeting-exchange.ts';
import type { LinksOptions } from './options.ts';

export interface DialAttemptComponents {
  readonly deviceId: DeviceId;
  readonly clock: Clock;
  readonly options: LinksOptions;
  /**
   * For everything together: dial, greetings, and the wait for a connection that beat ours. Once the other side is reached, our hello
   * has the time for which it beats another one all the same.
   */
  readonly timeoutMs: number;
  readonly dial: (signal: AbortSignal) => Promise<PeerConnection>;
  readonly greet: (connection: PeerConnection) => LinkGreeting;
  /** The other side answered. Whoever is told makes the link, and calls `succeed` or `fail` before returning. */
  readonly onWelcome: (connection: PeerConnection, welcome: LinkGreeting, rttMs: number) => void;
  /** The other side said that it does not know us. */
  readonly onUnpaired: (pairingId: string | null) => void;
  /** The attempt is over, whatever its outcome; told once. */
  readonly onOver: () => void;
}

/** One try to link to a device by our own doing. */
export interface DialAttempt {
  /**
   * Resolves when a link is up, ours or another. Rejects with `LINK_UNREACHABLE`, `LINK_REFUSED`, or what `fail` says.
   * When the last of those who wait aborts, the attempt is cancelled.
   */
  wait(signal: AbortSignal): Promise<ConnectionPath | null>;
  /** Whether our hello is said, not answered, and young enough for an answer to be on its way. */
  readonly isHelloOut: boolean;
  /** A link is up on `connection`; ours is closed as a duplicate when it is another one. */
  succeed(connection: PeerConnection): void;
  /** @param words the reason its connection is closed with. @defaultValue none */
  fail(error: Error, closeName: CloseName, words?: string): void;
}

export const dialAttempt = (components: DialAttemptComponents): DialAttempt => {
  const { deviceId, clock, options, timeoutMs } = components;
  const startedAtMs = clock.monotonicMs();
  const outcome = Promise.withResolvers<ConnectionPath | null>();
  const aborting = new AbortController();
  let stage: ConnectionStage = 'dial';
  let own: PeerConnection | null = null;
  let helloSaidAtMs: number | null = null;
  let isOver = false;
  let waiterCount = 0;
  let stopAwaiting = (): void => undefined;

  const unreachable = (reason: string, cause?: unknown): LinkUnreachableError =>
    new LinkUnreachableError(deviceId, stage, reason, cause);
  const leftMs = (): number => timeoutMs - (clock.monotonicMs() - startedAtMs);
  const onTimeout = (): void => fail(unreachable(`no link within ${timeoutMs} ms`), 'timed-out');
  let cancelTimer = clock.setTimer(timeoutMs, onTimeout);

  const finish = (): boolean => {
    if (isOver) return false;
    isOver = true;
    helloSaidAtMs = null;
    cancelTimer();
    stopAwaiting();
    components.onOver();
    return true;
  };
  const abandon = (name: CloseName, words = ''): void => {
    aborting.abort(new Error(`the dial is not needed any more: ${name}`));
    // `close` never rejects.
    void own?.close(name, words);
  };
  const fail: DialAttempt['fail'] = (error, closeName, words) => {
    if (!finish()) return;
    abandon(closeName, words);
    outcome.reject(error);
  };
  const succeed = (connection: PeerConnection): void => {
    if (!finish()) return;
    if (connection !== own) abandon('duplicate');
    outcome.resolve(connection.path());
  };

  /** The other side prefers another connection, which is up or about to be. */
  const waitForOther = (): void => {
    helloSaidAtMs = null;
    own = null;
    cancelTimer();
    const giveUp = (): void => fail(unreachable('the connection it preferred did not come up'), 'duplicate');
    cancelTimer = clock.setTimer(Math.min(options.duplicateWaitMs, Math.max(0, leftMs())), giveUp);
  };

  const onClosed = (close: ConnectionClose): void => {
    if (isOver) return;
    stopAwaiting();
    const end = dialEndOf(close);
    if (end === 'waitForOther') {
      waitForOther();
      return;
    }
    if (saysUnpaired(close)) components.onUnpaired(close.reason === '' ? null : close.reason);
    const isRefused = end === 'refused' && close.name !== null;
    fail(isRefused ? new LinkRefusedError(deviceId, close.name) : unreachable('the connection broke'), 'cancelled');
  };

  const sayHello = async (connection: PeerConnection): Promise<void> => {
    own = connection;
    stage = 'handshake';
    const saidAtMs = clock.monotonicMs();
    // The other side may be waiting for this very connection, and have refused its own for it: where a network is back just before
    // the time is up, giving up here would cost both a pause.
    cancelTimer();
    cancelTimer = clock.setTimer(Math.max(options.duplicateWaitMs, leftMs()), onTimeout);
    helloSaidAtMs = saidAtMs;
    stopAwaiting = awaitGreeting({
      connection,
      kind: 'welcome',
      timeoutMs: options.handshakeTimeoutMs,
      clock,
      onGreeting: (welcome) => components.onWelcome(connection, welcome, clock.monotonicMs() - saidAtMs),
      onFailed: (name, reason) => {
        // An answer all the same, and a clear one.
        const isOther = name === 'version-unsupported';
        const answered = `no proper answer to hello (${reason})`;
        fail(isOther ? new LinkRefusedError(deviceId, name) : unreachable(answered), name);
      },
    });
    void connection.closed.then(onClosed);
    await connection.send(encodeLinkFrame({ kind: 'hello', ...components.greet(connection) }));
  };

  const run = async (): Promise<void> => {
    let connection: PeerConnection;
    try {
      connection = await components.dial(aborting.signal);
    } catch (error) {
      fail(unreachable(errorMessage(error), error), 'cancelled');
      return;
    }
    if (isOver) {
      await connection.close('duplicate', '');
      return;
    }
    try {
      await sayHello(connection);
    } catch (error) {
      // Where the connection has closed, `closed` tells why; where it has not, it takes nothing and is of no use.
      await connection.close('timed-out', errorMessage(error));
    }
  };

  const wait: DialAttempt['wait'] = async (signal) => {
    const onAbort = (): void => {
      waiterCount -= 1;
      if (waiterCount === 0) fail(new LinkCancelledError(deviceId), 'cancelled');
    };
    waiterCount += 1;
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await outcome.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };

  // `run` never rejects.
  void run();

  return {
    wait,
    get isHelloOut() {
      return helloSaidAtMs !== null && clock.monotonicMs() - helloSaidAtMs < options.duplicateWaitMs;
    },
    succeed,
    fail,
  };
};
