import {
  type ChannelClient,
  type Clock,
  type DeviceCard,
  type EndpointId,
  errorCode,
  errorMessage,
  type KnownAddress,
  type Logger,
  type PeerDevice,
  type PersistenceChannel,
} from '@bowline/contracts';
import type { Whereabouts } from '@bowline/pairing-protocol';
import { PairingFailureError, pairingFailure } from '@bowline/pairing-state-machine';

/** Pairing's view of the store. Every promise is durable when it resolves. */
export interface PeerRecords {
  /** Stores a device nobody has confirmed yet. Rejects with `DEVICE_ALREADY_PAIRED` rather than touch a paired one. */
  storePending(endpointId: EndpointId, card: DeviceCard): Promise<PeerDevice>;
  /** Makes a pending device a paired one, with what is known of where it is. */
  promote(device: PeerDevice, whereabouts: Whereabouts): Promise<PeerDevice>;
  /** The device an earlier session stored, promoted if it was pending. @throws {@link PairingFailureError} `CODE_USED` when there is none. */
  recover(endpointId: EndpointId): Promise<PeerDevice>;
  remove(device: PeerDevice): Promise<void>;
}

export const peerRecords = (
  persistence: ChannelClient<PersistenceChannel>,
  clock: Clock,
  logger: Logger,
): PeerRecords => {
  /** The person is told in one sentence; the log keeps the cause. */
  const noting = async <T>(step: Promise<T>): Promise<T> => {
    try {
      return await step;
    } catch (error) {
      logger.error({ code: errorCode(error), error: errorMessage(error) }, 'store refused a pairing');
      throw error;
    }
  };
  return {
    storePending: async (endpointId, { name, platform }) => {
      const record = { endpointId, name, platform, replace: false };
      const { device } = await noting(persistence.request('addPending', record));
      return device;
    },
    promote: async ({ id: deviceId }, { relayUrls, directAddresses }) => {
      const seenAtMs = clock.nowMs();
      const addresses = directAddresses.map((address): KnownAddress => ({ address, seenAtMs }));
      // Incarnation and revision 0: whatever the device itself says in its first link replaces it.
      const relayInfo = { homeRelayUrl: relayUrls[0] ?? null, relayUrls, revision: 0, incarnation: 0 };
      const update = { deviceId, directAddresses: addresses, ...(relayUrls.length === 0 ? {} : { relayInfo }) };
      await noting(persistence.request('updateDevice', update));
      const { device } = await noting(persistence.request('promote', { deviceId }));
      return device;
    },
    recover: async (endpointId) => {
      const { devices } = await persistence.request('listDevices', {});
      const stored = devices.find((device) => device.endpointId === endpointId);
      if (stored === undefined) throw new PairingFailureError(pairingFailure('CODE_USED'));
      if (stored.pairingState === 'paired') return stored;
      const { device } = await persistence.request('promote', { deviceId: stored.id });
      return device;
    },
    remove: ({ id }) => persistence.request('removeDevice', { deviceId: id }),
  };
};
