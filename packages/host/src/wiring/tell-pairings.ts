import {
  type Cancel,
  type DeviceId,
  deviceIdOf,
  type EndpointId,
  errorCode,
  errorMessage,
  type PeerDevice,
} from '@bowline/contracts';
import type { System } from '../system.ts';
import { admitDevices } from './bind-endpoint.ts';
import { type AdoptionOptions, adoptPeer, removePeer } from './remember-peers.ts';

/**
 * The joiner stores the pairing last, lets the initiator in, and dials. A dial of the initiator that came before would be
 * refused, and backed off for it; so it waits for the joiner's, milliseconds.
 */
const JOINER_DIALS_WITHIN_MS = 1_000;

/** Pause before an adoption is tried again: a worker being restarted is rarely back within less. */
const RETRY_DELAY_MS = 1_000;

/** Passes pairing sessions on to the app, and adopts the device of each one that ends well. */
export const tellPairings = (system: System): Cancel => {
  const { parts, directory, hub, clock, settled, inBackground, logger } = system;
  const { pairing, persistence } = parts;
  const stopping = new AbortController();
  const retries = new Map<DeviceId, Cancel>();

  /** What is stored is paired, whatever worker is just being restarted: a part that missed it hears of it again. */
  const adopt = async (device: PeerDevice, how: AdoptionOptions = {}): Promise<void> => {
    let left: AdoptionOptions = { ...how, isAgain: true };
    const onKnown = (): void => {
      // What the device said since then counts.
      left = { ...left, isAnew: false };
      how.onKnown?.();
    };
    try {
      await adoptPeer(system, device, { ...how, onKnown, mayShareTokens: true });
    } catch (error) {
      if (stopping.signal.aborted) return;
      const { id: deviceId } = device;
      logger.warn({ deviceId, code: errorCode(error), reason: errorMessage(error) }, 'device not adopted yet');
      retries.get(deviceId)?.();
      retries.set(
        deviceId,
        clock.setTimer(RETRY_DELAY_MS, () => adoptAgain(deviceId, left), { unref: true }),
      );
    }
  };
  const adoptAgain = (deviceId: DeviceId, how: AdoptionOptions): void => {
    retries.delete(deviceId);
    const device = directory.get(deviceId);
    if (device !== undefined) inBackground('adopt device', () => adopt(device, how));
  };

  /**
   * A joiner whose last message was lost may be paired without knowing; the first link tells. No other pending record is
   * touched: it belongs to a session under way, which may still take it back.
   */
  const adoptPending = async (device: PeerDevice): Promise<void> => {
    settled.begin(device.id);
    if (directory.get(device.id) !== undefined) return;
    await adopt(device);
  };

  /** Tells a device when it comes that it is not paired, though it may think so. One that was paired before stays. */
  const partFrom = async (endpointId: EndpointId): Promise<void> => {
    const known = directory.get(deviceIdOf(endpointId));
    if (known?.pairingState === 'paired') return;
    if (known !== undefined) return removePeer(system, known.id, 'us');
    await system.unpaired.add(endpointId);
    await admitDevices(system);
  };

  const cancels = [
    pairing.client.on('pairing.stateChanged', (payload) => hub.tell({ event: 'pairing.stateChanged', ...payload })),
    pairing.client.on('pairing.peerProven', (payload) => hub.tell({ event: 'pairing.peerProven', ...payload })),
    pairing.client.on('pairing.confirmationNeeded', (payload) =>
      hub.tell({ event: 'pairing.confirmationNeeded', ...payload }),
    ),
    pairing.client.on('pairing.failed', ({ leftPending, leftBehind, ...payload }) => {
      hub.tell({ event: 'pairing.failed', ...payload });
      if (leftPending !== undefined) inBackground('adopt device left pending', () => adoptPending(leftPending));
      if (leftBehind !== null) inBackground('part from a device', () => partFrom(leftBehind));
    }),
    pairing.client.on('pairing.completed', (payload) => {
      const { id, endpointId, name } = payload.device;
      settled.begin(id);
      inBackground('adopt paired device', async () => {
        const { role, via, path, isRenewed } = payload;
        let isTold = false;
        const tell = (): void => {
          if (!isTold) hub.tell({ event: 'pairing.completed', ...payload, device: { id, endpointId, name } });
          isTold = true;
        };
        const patience = role === 'initiator' ? { dialAfterMs: JOINER_DIALS_WITHIN_MS } : {};
        await adopt(payload.device, { onKnown: tell, isAnew: isRenewed, ...patience });
        tell();
        const data = { role, via, path, isRenewed };
        await persistence.client.request('appendJournal', {
          atMs: clock.nowMs(),
          event: 'pairing.completed',
          deviceId: id,
          data,
        });
      });
    }),
  ];
  return () => {
    stopping.abort();
    for (const cancel of [...cancels, ...retries.values()]) cancel();
  };
};
