import { type LinksChannel, linksChannel, type WorkerDefinition } from '@bowline/contracts';
import { detachedClient } from '@bowline/supervisor/worker';
import { links } from './links.ts';
import type { LinksOptions } from './options.ts';

/**
 * How links are made in a worker of their own, to look at them alone: peers, queues and errors work, and nobody can be
 * reached. A host places links beside itself, with the endpoint's client.
 */
export const linksWorker: WorkerDefinition<LinksChannel, Partial<LinksOptions> | undefined> = {
  name: 'links',
  channel: linksChannel,
  create: (options, components) => links(options)({ ...components, endpoint: detachedClient('endpoint') }),
};
