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
  recover(endpointId: EndpointId, whereabouts: Whereabouts): Promise<PeerDevice>;
  /** Whether the device is stored, as whatever. Never rejects: what cannot be looked up may be there. */
  isStored(endpointId: EndpointId): Promise<boolean>;
  /** Takes back what was stored, unless it has become a paired device since. Never rejects: what stays is no permission. */
  removePending(device: PeerDevice): Promise<void>;
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

  const promote: PeerRecords['promote'] = async ({ id: deviceId }, { relayUrls, directAddresses }) => {
    const seenAtMs = clock.nowMs();
    const addresses = directAddresses.map((address): KnownAddress => ({ address, seenAtMs }));
    // Incarnation and revision 0: whatever the device itself says in its first link replaces it.
    const relayInfo = { homeRelayUrl: relayUrls[0] ?? null, relayUrls, revision: 0, incarnation: 0 };
    const update = { deviceId, directAddresses: addresses, ...(relayUrls.length === 0 ? {} : { relayInfo }) };
    await noting(persistence.request('updateDevice', update));
    const { device } = await noting(persistence.request('promote', { deviceId }));
    return device;
  };

  const find = async (endpointId: EndpointId): Promise<PeerDevice | undefined> => {
    const { devices } = await noting(persistence.request('listDevices', {}));
    return devices.find((device) => device.endpointId === endpointId);
  };

  const removeStillPending = async ({ id: deviceId, endpointId }: PeerDevice): Promise<void> => {
    const stored = await find(endpointId);
    if (stored?.pairingState === 'pending') await noting(persistence.request('removeDevice', { deviceId }));
  };

  return {
    storePending: async (endpointId, { name, platform }) => {
      const record = { endpointId, name, platform, replace: false };
      const { device } = await noting(persistence.request('addPending', record));
      return device;
    },
    promote,
    recover: async (endpointId, whereabouts) => {
      const stored = await find(endpointId);
      if (stored === undefined) throw new PairingFailureError(pairingFailure('CODE_USED'));
      return stored.pairingState === 'paired' ? stored : promote(stored, whereabouts);
    },
    isStored: (endpointId) =>
      find(endpointId).then(
        (stored) => stored !== undefined,
        () => true,
      ),
    // What went wrong is in the log already.
    removePending: (device) => removeStillPending(device).catch(() => undefined),
  };
};
