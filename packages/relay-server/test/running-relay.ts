import { systemClock, systemRandom } from '@bowline/system-ports';
import { type MemoryLogger, memoryLogger } from '@bowline/testing';
import { type RelayServer, type RelayServerOptions, relayServer } from '../src/index.ts';

export interface RunningRelay extends AsyncDisposable {
  readonly relay: RelayServer;
  readonly url: string;
  readonly logger: MemoryLogger;
}

/** A relay on loopback, stopped at the end of the test's `await using`. */
export const runningRelay = async (options: Partial<RelayServerOptions> = {}): Promise<RunningRelay> => {
  const logger = memoryLogger();
  const relay = relayServer({ port: 0, bindAddress: '127.0.0.1', ...options })({
    clock: systemClock,
    random: systemRandom,
    logger,
  });
  await relay.start();
  return { relay, url: relay.url, logger, [Symbol.asyncDispose]: () => relay.stop() };
};
