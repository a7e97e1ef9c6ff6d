import { type RelayRefreshChannel, relayRefreshChannel, type WorkerDefinition } from '@bowline/contracts';
import type { RelayRefreshOptionsInput } from './options.ts';
import { relayRefresh } from './relay-refresh.ts';

/** How the actor is made in a worker. */
export const relayRefreshWorker: WorkerDefinition<RelayRefreshChannel, RelayRefreshOptionsInput> = {
  name: 'relay-refresh',
  channel: relayRefreshChannel,
  create: (options, components) => relayRefresh(options)(components),
};
