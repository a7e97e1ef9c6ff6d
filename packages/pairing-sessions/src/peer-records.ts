import {
  type ChannelClient,
  type Clock,
  type DeviceCard,
  type DeviceId,
  type EndpointId,
  errorCode,
  errorMessage,
  type KnownAddress,
  type Logger,
  MAX_DIRECT_ADDRESSES,
  type PeerDevice,
  type PeerLocation,
  type PersistenceChannel,
  type RelayToken,
  type SocketAddress,
} from '@bowline/contracts';
import { PairingFailureError, pairingFailure } from '@bowline/pairing-state-machine';

/** What is told of a device beside its endpoint id when it is paired. */
export interface PairingDetails {
  readonly card: DeviceCard;
  /** Tokens it shared of its relays. */
  readonly tokens: readonly RelayToken[];
  /** Whether it may be paired anew when it is paired already. */
  readonly mayRenew: boolean;
  /** Names the pairing, on both devices alike. */
  readonly pairingId: string;
}

/** Pairing's view of the store. Every promise is durable when it resolves. */
export interface PeerRecords {
  /** The device as it is stored; `null` when it is not, or when the store cannot say: storing it will fail, too. */
  find(endpointId: EndpointId): Promise<PeerDevice | null>;
  /**
   * Stores a device nobody has confirmed yet, with the tokens it shared: a pairing that heals later must find it there.
   * A paired one that may be paired anew stays as it is until then; otherwise it rejects with `DEVICE_ALREADY_PAIRED`.
   *
   * @param onStored called once there is a record, before it has its tokens: what fails then has left it behind
   */
  storePending(
    endpointId: EndpointId,
    details: PairingDetails,
    onStored: (device: PeerDevice) => void,
  ): Promise<PeerDevice>;
  /** Makes a pending device a paired one, and pairs a paired one anew, with what is known of where it is. */
  promote(device: PeerDevice, details: PairingDetails, location: PeerLocation): Promise<PeerDevice>;
  /**
   * The device an earlier session stored, promoted if it was pending, and paired anew if it may be.
   * @throws {@link PairingFailureError} `CODE_USED` when there is none.
   */
  recover(endpointId: EndpointId, details: Omit<PairingDetails, 'card'>, location: PeerLocation): Promise<PeerDevice>;
  /** Whether the device is stored, as whatever. Never rejects: what cannot be looked up may be there. */
  isStored(endpointId: EndpointId): Promise<boolean>;
  /**
   * Takes back what was stored, unless it has become a paired device since, not by this session's doing. Never rejects: what
   * stays is no permission.
   *
   * @param mayBePromoted whether a promotion was asked for and not answered, so that a paired record may be this session's
   */
  takeBack(device: PeerDevice, mayBePromoted: boolean): Promise<void>;
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

  /** The first ones of a new pairing: as many as a store keeps, whichever it would choose. */
  const known = (directAddresses: readonly SocketAddress[]): readonly KnownAddress[] => {
    const seenAtMs = clock.nowMs();
    return directAddresses.slice(0, MAX_DIRECT_ADDRESSES).map((address) => ({ address, seenAtMs }));
  };

  const confirm = async (
    deviceId: DeviceId,
    pairingId: string,
    { relayUrls, directAddresses }: PeerLocation,
  ): Promise<PeerDevice> => {
    // Incarnation and revision 0: whatever the device itself says in its first link replaces it.
    const relayInfo = { homeRelayUrl: relayUrls[0] ?? null, relayUrls, revision: 0, incarnation: 0 };
    const update = {
      deviceId,
      pairingId,
      directAddresses: known(directAddresses),
      ...(relayUrls.length === 0 ? {} : { relayInfo }),
    };
    const { device } = await noting(persistence.request('promote', update));
    return device;
  };

  const find = async (endpointId: EndpointId): Promise<PeerDevice | undefined> => {
    const { devices } = await noting(persistence.request('listDevices', {}));
    return devices.find((device) => device.endpointId === endpointId);
  };

  const addPending: PeerRecords['storePending'] = async (endpointId, { card, tokens }, onStored) => {
    const { name, platform } = card;
    const { device } = await noting(persistence.request('addPending', { endpointId, name, platform }));
    onStored(device);
    if (tokens.length > 0) await noting(persistence.request('putRelayTokens', { deviceId: device.id, tokens }));
    return device;
  };

  const remove = async ({ id: deviceId, endpointId }: PeerDevice, mayBePromoted: boolean): Promise<void> => {
    const stored = await find(endpointId);
    if (stored === undefined || (stored.pairingState === 'paired' && !mayBePromoted)) return;
    await noting(persistence.request('removeDevice', { deviceId }));
  };
  // What went wrong is in the log already.
  const takeBack: PeerRecords['takeBack'] = (...which) => remove(...which).catch(() => undefined);

  /** A device that was removed while it was to be paired anew is a new one: both people have agreed. */
  const addPaired = async (endpointId: EndpointId, details: PairingDetails, location: PeerLocation) => {
    let added: PeerDevice | null = null;
    try {
      const { id } = await addPending(endpointId, details, (device) => {
        added = device;
      });
      return await confirm(id, details.pairingId, location);
    } catch (error) {
      if (added !== null) await takeBack(added, true);
      throw error;
    }
  };

  const promote: PeerRecords['promote'] = async (device, details, location) => {
    const { id: deviceId, endpointId } = device;
    const { pairingId } = details;
    if (device.pairingState === 'pending') return confirm(deviceId, pairingId, location);
    const { relayUrls } = location;
    const { card, tokens } = details;
    const directAddresses = known(location.directAddresses);
    const renewal = { deviceId, platform: card.platform, relayUrls, directAddresses, tokens, pairingId };
    try {
      return (await persistence.request('renew', renewal)).device;
    } catch (error) {
      if (errorCode(error) !== 'DEVICE_UNKNOWN') return noting(Promise.reject(error));
      return addPaired(endpointId, details, location);
    }
  };

  return {
    find: async (endpointId) => (await find(endpointId).catch(() => undefined)) ?? null,
    storePending: async (endpointId, details, onStored) => {
      const stored = details.mayRenew ? await find(endpointId) : undefined;
      if (stored?.pairingState !== 'paired') return addPending(endpointId, details, onStored);
      onStored(stored);
      return stored;
    },
    promote,
    recover: async (endpointId, details, location) => {
      const stored = await find(endpointId);
      if (stored === undefined) throw new PairingFailureError(pairingFailure('CODE_USED'));
      if (stored.pairingState === 'paired' && !details.mayRenew) return stored;
      const { name, platform } = stored;
      return promote(stored, { ...details, card: { name, platform } }, location);
    },
    isStored: (endpointId) =>
      find(endpointId).then(
        (stored) => stored !== undefined,
        () => true,
      ),
    takeBack,
  };
};
