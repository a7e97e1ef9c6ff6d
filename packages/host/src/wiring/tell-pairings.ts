import { type Cancel, deviceIdOf, type EndpointId, type PeerDevice } from '@bowline/contracts';
import type { Adoption } from '../peers/peer-registry.ts';
import type { System } from '../system.ts';
import { admitDevices } from './bind-endpoint.ts';
import { removePeer } from './peer-changes.ts';

/**
 * The joiner stores the pairing last, lets the initiator in, and dials. A dial of the initiator that came before would be
 * refused, and backed off for it; so it waits for the joiner's, milliseconds.
 */
const JOINER_DIALS_WITHIN_MS = 1_000;

/** Passes pairing sessions on to the app, and adopts the device of each one that ends well. */
export const tellPairings = (system: System): Cancel => {
  const { parts, peers, hub, clock, settled, unpaired, inBackground } = system;
  const { pairing, persistence } = parts;

  /** Whoever is paired is no longer among those once unpaired. Both begin at once: it may be unpaired in the next moment. */
  const adopt = async (device: PeerDevice, how: Adoption = {}): Promise<void> => {
    await Promise.all([peers.adopt(device, how), unpaired.remove(device.endpointId)]);
  };

  /**
   * A joiner whose last message was lost may be paired without knowing; the first link tells. No other pending record is
   * touched: it belongs to a session under way, which may still take it back.
   */
  const adoptPending = async (device: PeerDevice): Promise<void> => {
    settled.begin(device.id);
    if (peers.get(device.id) === undefined) await adopt(device);
  };

  /** Tells a device when it comes that it is not paired, though it may think so. One that was paired before stays. */
  const partFrom = async (endpointId: EndpointId): Promise<void> => {
    const known = peers.get(deviceIdOf(endpointId))?.device;
    if (known?.pairingState === 'paired') return;
    if (known !== undefined) return removePeer(system, known.id, 'us');
    await unpaired.add(endpointId, null);
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
        const patience = role === 'initiator' ? { dialAfterMs: JOINER_DIALS_WITHIN_MS } : {};
        const adopted = adopt(payload.device, { isAnew: isRenewed, ...patience });
        // It is known from here on: who asks for it is served.
        hub.tell({ event: 'pairing.completed', ...payload, device: { id, endpointId, name } });
        await adopted;
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
    for (const cancel of cancels) cancel();
  };
};
