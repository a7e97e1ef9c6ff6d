import { brandAs, type DeviceId, type RelayInfo, type RelayUrl } from '@bowline/contracts';

export const deviceNamed = (name: string): DeviceId => brandAs<DeviceId>(`d-${name}`);

export const relayNamed = (name: string): RelayUrl => brandAs<RelayUrl>(`https://${name}.example/`);

export const relaysNamed = (...names: readonly string[]): readonly RelayUrl[] => names.map(relayNamed);

export const recordOf = (names: readonly string[], revision = 1, incarnation = 1): RelayInfo => {
  const relayUrls = relaysNamed(...names);
  return { homeRelayUrl: relayUrls[0] ?? null, relayUrls, revision, incarnation };
};
