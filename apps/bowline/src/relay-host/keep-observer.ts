import { type Cancel, type Clock, errorMessage } from '@bowline/contracts';
import type { Printer } from '../output/printer.ts';
import type { RunningObserver } from './run-observer.ts';

/** First and longest pause before an observer that could not be started is started again, milliseconds. */
const RETRY_MS = { first: 5_000, most: 300_000 } as const;

/** An observer that is there as soon as it can be. */
export interface KeptObserver {
  /** Those at work now; none while it could not be started. */
  readonly observers: RunningObserver['observers'];
  /** Called whenever they change. */
  onChanged(listener: (observers: RunningObserver['observers']) => void): void;
  readonly stop: () => Promise<void>;
}

/** What keeping one takes. */
export interface KeptObserverComponents {
  readonly clock: Clock;
  readonly printer: Printer;
  /** Starts it once. */
  readonly run: () => Promise<RunningObserver>;
}

/**
 * Starts an observer, and where that fails, says so and tries again until it works: without it, devices behind a NAT stay
 * on the relay.
 *
 * @param isAsked whether somebody asked for it: then a first failure is an error
 */
export const keepObserver = async (
  isAsked: boolean,
  { clock, printer, run }: KeptObserverComponents,
): Promise<KeptObserver> => {
  let running: RunningObserver | null = null;
  let failures = 0;
  let told = '';
  let cancelRetry: Cancel = () => undefined;
  let starting: Promise<void> | null = null;
  let isStopped = false;
  const listeners = new Set<(observers: RunningObserver['observers']) => void>();

  const failed = (error: unknown): void => {
    const retryInMs = Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** failures);
    failures += 1;
    const message = errorMessage(error);
    if (message !== told) {
      const sentence = `Devices are not told where they are seen, and it is tried again: ${message}`;
      printer.result({ event: 'observerOff', message, retryInMs }, sentence);
    }
    told = message;
    cancelRetry = clock.setTimer(retryInMs, retry, { unref: true });
  };

  const start = async (): Promise<void> => {
    const started = await run();
    if (isStopped) await started.stop();
    else running = started;
  };

  const retry = (): void => {
    starting = start().then(() => {
      if (running === null) return;
      const ports = running.observers.map(({ port }) => port);
      printer.result({ event: 'observerOn', observerPorts: ports }, 'Devices are told where they are seen now.');
      for (const listener of listeners) listener(running.observers);
    }, failed);
  };

  try {
    await start();
  } catch (error) {
    if (isAsked) throw error;
    failed(error);
  }
  return {
    get observers() {
      return running?.observers ?? [];
    },
    onChanged: (listener) => {
      listeners.add(listener);
    },
    stop: async () => {
      isStopped = true;
      cancelRetry();
      await starting;
      await running?.stop();
    },
  };
};
