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
import { retry } from './retry.ts';

/** The addresses an endpoint is told to offer beside those it finds itself. */
export interface OfferedAddresses {
  /** Has it offer exactly these; tried again until it does. `null`: it is not bound. */
  replace(addresses: readonly SocketAddress[] | null): void;
  /**
   * Takes them back and offers them anew: iroh takes both for news and tries for a direct path to whoever is linked by a relay,
   * and so does the other side. There is no other way to have it try. Without any address nothing is done.
   */
  renew(): void;
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
  let wanted: readonly SocketAddress[] | null = null;
  const again = retry(components);

  const bring = async (): Promise<void> => {
    again.cancel();
    if (wanted === null) return;
    const addresses = wanted;
    try {
      await endpoint.request('setExternalAddresses', { endpointId, addresses });
      if (addresses === wanted) again.settle();
    } catch (error) {
      logger.debug({ reason: errorMessage(error) }, 'endpoint not told of outside addresses');
      if (addresses === wanted) again.later(() => void bring());
    }
  };

  const takeBack = async (): Promise<void> => {
    try {
      await endpoint.request('setExternalAddresses', { endpointId, addresses: [] });
    } catch (error) {
      logger.debug({ reason: errorMessage(error) }, 'outside addresses not taken back');
    }
    await bring();
  };

  return {
    renew: () => {
      if (wanted !== null && wanted.length > 0) void takeBack();
    },
    replace: (addresses) => {
      wanted = addresses;
      void bring();
    },
    cancel: () => {
      wanted = null;
      again.cancel();
    },
  };
};
