import { type PersistenceChannel, persistenceChannel, type WorkerDefinition } from '@bowline/contracts';
import type { PersistenceOptionsInput } from './options.ts';
import { persistence } from './persistence.ts';

/** How the store is made in a worker. */
export const persistenceWorker: WorkerDefinition<PersistenceChannel, PersistenceOptionsInput> = {
  name: 'persistence',
  channel: persistenceChannel,
  create: (options, components) => persistence(options)(components),
};
