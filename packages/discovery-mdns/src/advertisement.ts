import { type Advertisement, InvalidOptionError, parseEndpointId } from '@bowline/contracts';

/** Refuses an advertisement that would make a record nobody can read. @throws {@link InvalidOptionError} */
export const checkAdvertisement = (advertisement: Advertisement): void => {
  const { advertisementId, endpointId, presenceKey = null, port, ipv6Port = null, lanTag } = advertisement;
  checkAdvertisementId(advertisementId);
  if (endpointId !== null && (typeof endpointId !== 'string' || parseEndpointId(endpointId) !== endpointId)) {
    throw new InvalidOptionError('endpointId', 'must be an endpoint id', `a value of type ${typeof endpointId}`);
  }
  if (endpointId === null && (presenceKey === null || lanTag !== null)) {
    throw new InvalidOptionError('endpointId', 'must be shown beside a code, and where there is no presence key', null);
  }
  // Its value is a secret.
  if (presenceKey !== null && !(typeof presenceKey === 'string' && /^[0-9a-f]{64}$/.test(presenceKey))) {
    throw new InvalidOptionError('presenceKey', 'must be 64 lower-case hexadecimal digits', typeof presenceKey);
  }
  if (!isPort(port)) throw new InvalidOptionError('port', 'must be a whole number from 1 to 65535', port);
  if (ipv6Port !== null && !isPort(ipv6Port)) {
    throw new InvalidOptionError('ipv6Port', 'must be null or a whole number from 1 to 65535', ipv6Port);
  }
  if (lanTag !== null && !/^[0-9a-f]{32}$/.test(lanTag)) {
    throw new InvalidOptionError('lanTag', 'must be null or 32 lower-case hexadecimal digits', typeof lanTag);
  }
};

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;

/** Refuses an id that cannot name an advertisement. @throws {@link InvalidOptionError} */
export const checkAdvertisementId = (advertisementId: string): void => {
  if (typeof advertisementId !== 'string' || advertisementId === '' || advertisementId.length > 128) {
    throw new InvalidOptionError('advertisementId', 'must be a text of 1 to 128 characters', advertisementId);
  }
};
