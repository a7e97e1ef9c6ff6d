import { type Cancel, deviceIdOf, type EndpointId, type PeerDevice } from '@bowline/contracts';
import type { System } from '../system.ts';
import { admitDevices } from './bind-endpoint.ts';
import { adoptPeer, removePeer } from './remember-peers.ts';

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
    pairing.client.on('pairing.failed', ({ leftBehind, ...payload }) => {
      hub.tell({ event: 'pairing.failed', ...payload });
      inBackground('settle a failed pairing', async () => {
        if (leftBehind !== null) await partFrom(leftBehind);
        await adoptPending();
      });
    }),
    pairing.client.on('pairing.completed', (payload) => {
      const { id, endpointId, name } = payload.device;
      inBackground('adopt paired device', async () => {
        await adoptPeer(system, payload.device);
        hub.tell({ event: 'pairing.completed', ...payload, device: { id, endpointId, name } });
        const { role, via, path } = payload;
        const data = { role, via, path };
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
