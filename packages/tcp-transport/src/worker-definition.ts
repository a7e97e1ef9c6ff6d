import { type TcpTransportChannel, tcpTransportChannel, type WorkerDefinition } from '@bowline/contracts';
import type { TcpTransportOptions } from './options.ts';
import { tcpTransport } from './tcp-transport.ts';

/** How the actor is made in a worker. */
export const tcpTransportWorker: WorkerDefinition<TcpTransportChannel, Partial<TcpTransportOptions>> = {
  name: 'tcp-transport',
  channel: tcpTransportChannel,
  create: (options, components) => tcpTransport(options)(components),
};
