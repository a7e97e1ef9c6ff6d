import { memoryTransportPair } from '@bowline/channel';
import type { ChannelDefinition } from '@bowline/contracts';
import { serveWorker } from './child/serve-worker.ts';
import type { LaunchedWorker } from './launched-worker.ts';
import type { SuperviseComponents, WorkerPlacement } from './worker-placement.ts';

/** Launches an actor in this thread. Nothing can end it from outside: it is given up when its time to stop is over. */
export const launchInline = <C extends ChannelDefinition, Options>(
  { definition }: WorkerPlacement<C, Options>,
  { clock, random, logger }: SuperviseComponents,
): LaunchedWorker => {
  const [near, far] = memoryTransportPair();
  const served = serveWorker(definition, far, { clock, random, loggerFor: () => logger });
  return {
    transport: near,
    pid: null,
    ended: served.ended.then(() => undefined),
    terminate: () => undefined,
    kill: () => undefined,
  };
};
