import type { Cancel, PeerDevice } from '@bowline/contracts';
import type { System } from '../system.ts';
import { adoptPeer } from './remember-peers.ts';

/**
 * The joiner stores the pairing last, lets the initiator in, and dials. A dial of the initiator that came before would be
 * refused, and backed off for it; so it waits for the joiner's, milliseconds.
 */
const JOINER_DIALS_WITHIN_MS = 1_000;

/** Passes pairing sessions on to the app, and adopts the device of each one that ends well. */
export const tellPairings = (system: System): Cancel => {
  const { parts, directory, hub, clock, inBackground } = system;
  const { pairing, persistence } = parts;
  /** A joiner whose last message was lost may be paired without knowing; the first link tells. */
  const adoptPending = async (): Promise<void> => {
    const { devices } = await persistence.client.request('listDevices', {});
    const isNew = (device: PeerDevice) => device.pairingState === 'pending' && directory.get(device.id) === undefined;
    for (const device of devices.filter(isNew)) await adoptPeer(system, device);
  };

  const cancels = [
    pairing.client.on('pairing.stateChanged', (payload) => hub.tell({ event: 'pairing.stateChanged', ...payload })),
    pairing.client.on('pairing.confirmationNeeded', (payload) =>
      hub.tell({ event: 'pairing.confirmationNeeded', ...payload }),
    ),
    pairing.client.on('pairing.failed', (payload) => {
      hub.tell({ event: 'pairing.failed', ...payload });
      inBackground('adopt devices left pending', adoptPending);
    }),
    pairing.client.on('pairing.completed', (payload) => {
      const { id, endpointId, name } = payload.device;
      inBackground('adopt paired device', async () => {
        const { role, via, path, isRenewed } = payload;
        const onKnown = () => hub.tell({ event: 'pairing.completed', ...payload, device: { id, endpointId, name } });
        const patience = role === 'initiator' ? { dialAfterMs: JOINER_DIALS_WITHIN_MS } : {};
        await adoptPeer(system, payload.device, { isAnew: isRenewed, onKnown, ...patience });
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
