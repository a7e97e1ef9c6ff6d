import type { System } from '../system.ts';

/** Whether what this device sends to its local networks comes back, on each interface. */
export const lookAtMulticast = async ({ parts }: System): Promise<string> => {
  const { interfaces } = await parts.mdns.client.request('readInterfaces', {});
  if (interfaces.length === 0) return 'no interface is in use for it';
  return interfaces.map(({ name, problem }) => `${name}: ${problem ?? 'what is sent there comes back'}`).join('; ');
};

/** Whether a router has opened a port by itself when it was asked. */
export const lookAtRouter = async ({ parts, identity: { endpointId } }: System): Promise<string> => {
  const { attempts, successes } = await parts.endpoint.client.request('readPortMapping', { endpointId });
  if (successes > 0) return 'the router here opens a port already';
  return attempts === 0 ? 'no router here was asked yet' : 'no router here opens a port when it is asked';
};
