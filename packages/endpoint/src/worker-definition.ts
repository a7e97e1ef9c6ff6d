import { type EndpointChannel, endpointChannel, type WorkerDefinition } from '@bowline/contracts';
import { endpoint } from './endpoint.ts';
import type { EndpointOptions } from './options.ts';

/** How the endpoint is made in a process of its own. */
export const endpointWorker: WorkerDefinition<EndpointChannel, Partial<EndpointOptions>> = {
  name: 'endpoint',
  channel: endpointChannel,
  create: (options, components) => endpoint(options)(components),
};
