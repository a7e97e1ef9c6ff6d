import {
  BowlineError,
  type Cancel,
  type DeviceId,
  errorCode,
  errorMessage,
  type SocketAddress,
} from '@bowline/contracts';
import { addressesOf } from '../peers/peer.ts';
import type { System } from '../system.ts';
import { removePeer } from './peer-changes.ts';

/** A dial that has not succeeded by then is given up; QUIC's own limit of 30 s would hold its place for too long. */
const DIAL_TIMEOUT_MS = 10_000;

/** Addresses kept of a device that was sighted on the local network: one on every interface it may have. */
const MAX_SIGHTED_ADDRESSES = 8;

/**
 * Dials when the scheduler says so, and tells it which dials fail; of the others it hears as of every link. A device that is
 * sighted is dialled at once.
 */
export const dialDevices = (system: System): Cancel => {
  const { parts, own, peers, inBackground, logger, settled } = system;
  const { scheduler, links, mdns, endpoint } = parts;

  const dials = new Map<DeviceId, { readonly addresses: readonly SocketAddress[]; readonly giveUp: AbortController }>();

  const dial = async (deviceId: DeviceId): Promise<void> => {
    const peer = peers.get(deviceId);
    if (peer === undefined) return;
    const addresses = addressesOf(peer);
    const giveUp = new AbortController();
    dials.set(deviceId, { addresses, giveUp });
    try {
      const throughRelay = own.current.configuredRelayUrls.length > 0;
      const input = { deviceId, directAddresses: addresses, throughRelay, timeoutMs: DIAL_TIMEOUT_MS };
      await links.client.request('connect', input, { signal: giveUp.signal });
    } catch (error) {
      logger.debug({ deviceId, code: errorCode(error), reason: errorMessage(error) }, 'dial failed');
      if (isLeftPending(deviceId, error)) await removePeer(system, deviceId, 'peer');
      else await scheduler.client.request('reportFailed', { deviceId });
    } finally {
      dials.delete(deviceId);
    }
  };

  /** The other side does not know this device, long after it would have stored the pairing: there was none. */
  const isLeftPending = (deviceId: DeviceId, error: unknown): boolean => {
    const device = peers.get(deviceId)?.device;
    const isUnknownThere =
      error instanceof BowlineError && error.code === 'LINK_REFUSED' && error.data.name === 'not-paired';
    return isUnknownThere && device?.pairingState === 'pending' && settled.has(device);
  };

  const cancels = [
    scheduler.client.on('dial.due', ({ deviceId }) => inBackground('dial', () => dial(deviceId))),
    mdns.client.on('device.sighted', ({ endpointId, directAddresses }) => {
      const peer = peers.getByEndpoint(endpointId);
      if (peer === undefined) return;
      const { link, sightedAddresses } = peer;
      const { id: deviceId } = peer.device;
      const sighted = [...new Set([...directAddresses, ...sightedAddresses])].slice(0, MAX_SIGHTED_ADDRESSES);
      peers.update(deviceId, { sightedAddresses: sighted, link: link === 'up' ? 'up' : 'down' });
      // A dial to where the device used to be would keep the right address waiting for seconds.
      const pending = dials.get(deviceId);
      if (directAddresses.some((address) => pending?.addresses.includes(address) === false)) {
        pending?.giveUp.abort(new Error('the device was seen elsewhere'));
      }
      const nudge = { deviceId, cause: 'sighting' } as const;
      inBackground('nudge', () => scheduler.client.request('nudge', nudge));
    }),
    endpoint.onReady(async () => {
      inBackground('nudge', () => scheduler.client.request('nudgeAll', { cause: 'start' }));
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
};
