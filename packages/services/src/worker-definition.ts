import { type ServicesChannel, servicesChannel, type WorkerDefinition } from '@bowline/contracts';
import { detachedClient } from '@bowline/supervisor/worker';
import type { ServicesOptions } from './options.ts';
import { services } from './services.ts';

/**
 * How services are made in a worker of their own, to look at them alone: peers, services and errors work, and no device is
 * ever linked. A host places them beside itself, with the clients of the endpoint and of links.
 */
export const servicesWorker: WorkerDefinition<ServicesChannel, Partial<ServicesOptions> | undefined> = {
  name: 'services',
  channel: servicesChannel,
  create: (options, components) =>
    services(options)({
      ...components,
      endpoint: detachedClient('endpoint'),
      links: detachedClient('links'),
      tcp: detachedClient('tcp-transport'),
    }),
};
