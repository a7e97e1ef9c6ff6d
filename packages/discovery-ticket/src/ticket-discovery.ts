import {
  type Actor,
  type ActorComponents,
  type Candidate,
  checkSearchInput,
  type DiscoveryChannel,
  type EndpointAddress,
  type SearchReport,
} from '@bowline/contracts';

/**
 * The discovery source that reads the ticket: it hands on what the initiator wrote about itself.
 *
 * The host starts it with the device and ends it with the device; it owns nothing. A ticket is one candidate that
 * holds every direct address and relay in it, so that a dial tries them all at once. There is nothing left to tell
 * after that, so a search is answered at once, whatever its `timeoutMs`.
 */
export const ticketDiscovery =
  () =>
  (components: ActorComponents<DiscoveryChannel>): Actor<DiscoveryChannel> => {
    const logger = components.logger.child({ component: 'discovery-ticket' });
    let isRunning = false;

    return {
      start: async () => {
        isRunning = true;
      },
      stop: async () => {
        isRunning = false;
      },
      handlers: {
        search: (input, { signal }) => {
          checkSearchInput(input);
          const { searchId, target } = input;
          if (!isRunning) return emptyReport('not running');
          if (signal.aborted) return emptyReport('cancelled');
          if (target.ticketAddress === null) return emptyReport('not given');
          const candidate = candidateOf(target.ticketAddress);
          const { relayUrls, directAddresses } = candidate.address;
          if (relayUrls.length + directAddresses.length === 0) return emptyReport('the ticket holds no address');
          components.emit('candidate.found', { searchId, candidate });
          const counts = { relayCount: relayUrls.length, directAddressCount: directAddresses.length };
          logger.debug({ searchId, ...counts }, 'candidate found in the ticket');
          return { source: 'ticket', candidateCount: 1, summary: contentOf(candidate.address) };
        },
      },
    };
  };

const emptyReport = (summary: string): SearchReport => ({ source: 'ticket', candidateCount: 0, summary });

/** The order is the initiator's; what it wrote twice is dialled once. */
const candidateOf = (address: EndpointAddress): Candidate => ({
  source: 'ticket',
  kind: 'device',
  address: {
    endpointId: address.endpointId,
    relayUrls: [...new Set(address.relayUrls)],
    directAddresses: [...new Set(address.directAddresses)],
  },
});

const contentOf = ({ relayUrls, directAddresses }: EndpointAddress): string => {
  const addresses = `${directAddresses.length} direct ${directAddresses.length === 1 ? 'address' : 'addresses'}`;
  return `${addresses} and ${relayUrls.length} ${relayUrls.length === 1 ? 'relay' : 'relays'}`;
};
