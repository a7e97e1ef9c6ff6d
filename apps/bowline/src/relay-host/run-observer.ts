import { type Clock, errorMessage, type Logger, type LogLevel, type Random } from '@bowline/contracts';
import type { RelayServerOptions } from '@bowline/relay-server';
import type { ObserverPlace } from './relay-settings.ts';

/** An observer at work, and its endpoint's process. */
export interface RunningObserver {
  /** What the relay tells of it. */
  readonly observers: RelayServerOptions['observers'];
  readonly stop: () => Promise<void>;
}

/** What an observer needs of its command. */
export interface ObserverComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly workerLogLevel: LogLevel;
}

/**
 * Runs the observer beside a relay. Its endpoints live in a process of their own: native code that dies must not take
 * the relay along, and is started again on the same ports.
 *
 * @throws `ENDPOINT_BIND_FAILED` where a port is taken, InvalidOptionError
 */
export const runObserver = async (
  { bindAddress, port }: ObserverPlace,
  components: ObserverComponents,
): Promise<RunningObserver> => {
  const [{ endpointWorker }, { addressObserver }, { supervise }] = await Promise.all([
    import('@bowline/endpoint'),
    import('@bowline/relay-server'),
    import('@bowline/supervisor'),
  ]);
  const makeObserver = addressObserver({ bindAddress, port });
  const entry = new URL(import.meta.resolve('@bowline/endpoint/worker'));
  const worker = supervise({ definition: endpointWorker, options: {}, entry, kind: 'process' }, components, {
    logLevel: components.workerLogLevel,
  });
  const observer = makeObserver({ ...components, endpoint: worker.client });
  let observers: RelayServerOptions['observers'] = [];
  worker.onReady(async () => {
    observers = await observer.open();
  });
  try {
    await worker.start();
  } catch (error) {
    await worker.stop();
    throw error;
  }
  return {
    observers,
    stop: async () => {
      await observer.close().catch((error: unknown) => {
        components.logger.debug({ reason: errorMessage(error) }, 'observer ended without a word');
      });
      await worker.stop();
    },
  };
};
