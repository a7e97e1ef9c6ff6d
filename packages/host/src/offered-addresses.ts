import {
  type ChannelClient,
  type Clock,
  type EndpointChannel,
  type EndpointId,
  errorMessage,
  type Logger,
  type Random,
  type SocketAddress,
} from '@bowline/contracts';
import { SerialQueue } from '@bowline/limits';
import { retry } from './retry.ts';

/** The addresses an endpoint is told to offer beside those it finds itself. */
export interface OfferedAddresses {
  /** Has it offer exactly these, once what was asked before is done; tried again until it is. `null`: it is not bound. */
  replace(addresses: readonly SocketAddress[] | null): void;
  cancel(): void;
}

/** What offering needs. */
export interface OfferingComponents {
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly endpointId: EndpointId;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export const offeredAddresses = (components: OfferingComponents): OfferedAddresses => {
  const { endpoint, endpointId, logger } = components;
  /** What it has been told since it was bound. */
  let offered = new Set<SocketAddress>();
  let wanted: readonly SocketAddress[] | null = null;
  const turns = new SerialQueue();
  const again = retry(components);

  const apply = async (): Promise<void> => {
    const told = offered;
    const addresses = wanted;
    if (addresses === null) return;
    for (const address of [...told].filter((each) => !addresses.includes(each))) {
      await endpoint.request('removeExternalAddress', { endpointId, address });
      told.delete(address);
    }
    for (const address of addresses.filter((each) => !told.has(each))) {
      await endpoint.request('addExternalAddress', { endpointId, address });
      told.add(address);
    }
    again.settle();
  };

  const bring = (): void => {
    again.cancel();
    turns.run(apply).catch((error: unknown) => {
      logger.debug({ reason: errorMessage(error) }, 'endpoint not told of outside addresses');
      // One that is bound anew is told all of them.
      if (wanted !== null) again.later(bring);
    });
  };

  return {
    replace: (addresses) => {
      wanted = addresses;
      if (addresses === null) offered = new Set();
      bring();
    },
    cancel: () => {
      wanted = null;
      again.cancel();
    },
  };
};
