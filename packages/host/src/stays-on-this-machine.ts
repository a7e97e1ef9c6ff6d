import type { System } from './system.ts';

/** Whether whoever this device talks to is on this machine: it was told to stay here, or there is no network to leave by. */
export const staysOnThisMachine = ({
  options,
  networkInterfaces,
}: Pick<System, 'networkInterfaces'> & { readonly options: Pick<System['options'], 'isLoopbackOnly'> }): boolean => {
  if (options.isLoopbackOnly) return true;
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.every(({ internal, address }) => internal || address.startsWith('fe80:'));
};
