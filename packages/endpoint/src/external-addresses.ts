import type { SocketAddress } from '@bowline/contracts';
import { SerialQueue } from '@bowline/limits';
import type { Endpoint as NativeEndpoint } from '@number0/iroh/index.js';

/** Has an endpoint tell exactly these addresses beside those it finds itself; one change at a time, in the order they came. */
export type ExternalAddresses = (addresses: readonly SocketAddress[]) => Promise<void>;

export const externalAddresses = (
  native: Pick<NativeEndpoint, 'addExternalAddr' | 'removeExternalAddr'>,
): ExternalAddresses => {
  const told = new Set<SocketAddress>();
  const turns = new SerialQueue();

  const bring = async (wanted: ReadonlySet<SocketAddress>): Promise<void> => {
    for (const address of [...told].filter((each) => !wanted.has(each))) {
      await native.removeExternalAddr(address);
      told.delete(address);
    }
    for (const address of [...wanted].filter((each) => !told.has(each))) {
      await native.addExternalAddr(address);
      told.add(address);
    }
  };

  return (addresses) => turns.run(() => bring(new Set(addresses)));
};
