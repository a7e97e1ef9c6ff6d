import {
  type ChannelClient,
  type EndpointChannel,
  type EndpointId,
  errorMessage,
  type Logger,
  type SocketAddress,
} from '@bowline/contracts';

/** The addresses an endpoint was told to offer beside those it finds itself. */
export interface OfferedAddresses {
  /** Has it offer exactly these, once what was asked before is done. Failures are logged, and made good the next time. */
  replace(addresses: readonly SocketAddress[]): void;
}

export const offeredAddresses = (
  endpoint: ChannelClient<EndpointChannel>,
  endpointId: EndpointId,
  logger: Logger,
): OfferedAddresses => {
  const offered = new Set<SocketAddress>();
  let applying: Promise<void> = Promise.resolve();

  const apply = async (wanted: readonly SocketAddress[]): Promise<void> => {
    for (const address of [...offered].filter((each) => !wanted.includes(each))) {
      await endpoint.request('removeExternalAddress', { endpointId, address });
      offered.delete(address);
    }
    for (const address of wanted.filter((each) => !offered.has(each))) {
      await endpoint.request('addExternalAddress', { endpointId, address });
      offered.add(address);
    }
  };

  return {
    replace: (addresses) => {
      applying = applying
        .then(() => apply(addresses))
        .catch((error: unknown) => {
          logger.debug({ reason: errorMessage(error) }, 'endpoint not told of outside addresses');
        });
    },
  };
};
