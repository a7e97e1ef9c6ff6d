import { type PairingSessionsChannel, pairingSessionsChannel, type WorkerDefinition } from '@bowline/contracts';
import { detachedClient } from '@bowline/supervisor/worker';
import type { PairingSessionsInput } from './options.ts';
import { pairingSessions } from './pairing-sessions.ts';

/**
 * How pairing is made in a worker of its own, to look at it alone: codes are made and read and sessions end with a
 * reason, but nobody can be reached. A host places it beside itself, with the clients of the other actors.
 */
export const pairingSessionsWorker: WorkerDefinition<PairingSessionsChannel, PairingSessionsInput | undefined> = {
  name: 'pairing-sessions',
  channel: pairingSessionsChannel,
  create: (options, components) =>
    pairingSessions(options)({
      ...components,
      endpoint: detachedClient('endpoint'),
      switchboard: detachedClient('relay-switchboard'),
      lan: detachedClient('discovery-mdns'),
      sources: [{ name: 'detached', trust: 'vouched', client: detachedClient('discovery') }],
      persistence: detachedClient('persistence'),
    }),
};
