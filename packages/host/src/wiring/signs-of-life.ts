import type { Cancel, DeviceId, DialCause, RelayStatus, RelayUrl } from '@bowline/contracts';
import type { System } from '../system.ts';

/** What signs of life lead to. */
export interface SignListener {
  /** Everybody may be in reach again. */
  readonly ofAll: (cause: DialCause) => void;
  readonly of: (deviceId: DeviceId, cause: DialCause) => void;
}

/**
 * Tells when devices that could not be reached may be reached now: a relay that was down is connected, or one that was out of
 * reach answers again, or this device has a new address. The first login at a relay is none: whoever is dialled meanwhile has its
 * packets kept for it.
 */
export const signsOfLife = ({ parts, own, peers, hub }: System, listener: SignListener): Cancel => {
  const { switchboard } = parts;
  const downUrls = new Set<RelayUrl>();

  const tellBack = ({ url, role }: RelayStatus): void => {
    if (role !== 'peer') listener.ofAll('relayBack');
    else {
      const there = peers.list().filter(({ relayInfo }) => relayInfo?.relayUrls.includes(url) === true);
      for (const { id } of there) listener.of(id, 'relayBack');
    }
  };

  const cancels = [
    switchboard.client.on('relay.stateChanged', (status) => {
      const { url, state, downReason } = status;
      // Displaced by a login of our own key, the relay was there all the time.
      const isThere = downReason === 'displaced' || downReason === 'contested';
      if (state === 'down' && !isThere) downUrls.add(url);
      if (state === 'connected' && downUrls.delete(url)) tellBack(status);
    }),
    switchboard.client.on('relay.answeredAgain', tellBack),
    switchboard.client.on('relay.left', ({ url }) => downUrls.delete(url)),
    switchboard.onStateChanged(({ state }) => {
      if (state !== 'crashed') return;
      for (const url of own.current.configuredRelayUrls) downUrls.add(url);
    }),
    own.onChanged(({ bound }, previous) => {
      const before = previous.bound?.directAddresses;
      // A socket that was just bound is told by the endpoint itself.
      if (before === undefined || bound === null) return;
      if (bound.directAddresses.some((address) => !before.includes(address))) listener.ofAll('networkChange');
    }),
    hub.on('network.observed', ({ addresses }) => {
      if (addresses.length > 0) listener.ofAll('networkChange');
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};
