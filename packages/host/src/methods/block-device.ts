import { type BlockedDevice, type DeviceId, type EndpointId, parseEndpointId } from '@bowline/contracts';
import type { System } from '../system.ts';
import { blockEndpoint } from '../wiring/block-devices.ts';

/** Keeps out a device that is paired, or the endpoint of one that is not. @throws DEVICE_NOT_FOUND */
export const blockDevice = async (system: System, device: DeviceId | EndpointId): Promise<BlockedDevice> =>
  blockEndpoint(system, parseEndpointId(device) ?? system.peers.find(device).endpointId);
