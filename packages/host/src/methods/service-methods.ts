import type { Host } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { isPushService } from '../push/receiving.ts';

type ServiceMethods = Pick<Host, 'serve' | 'served' | 'unserve' | 'streams'>;

export const serviceMethods = (now: () => RunningHost): ServiceMethods => ({
  serve: (name, target, options) => now().served.serve(name, target, options),
  served: () => now().served.list(),
  // What is pushed is received by a service of the host's own, which is kept in its own way.
  unserve: (name) => (isPushService(name) ? now().receiving.off() : now().served.unserve(name)),
  streams: async () => (await now().system.parts.services.client.request('status', {})).streams,
});
