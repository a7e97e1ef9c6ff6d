import type { DeviceId, DevicePermissions } from '@bowline/contracts';
import { safetyNumber } from '@bowline/pairing-protocol';
import { checkFields } from '../check-fields.ts';
import type { Host, SafetyNumber } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import type { System } from '../system.ts';
import { changeTrust, checkedNote, pairedDevice } from '../wiring/trust-changes.ts';

type TrustMethods = Pick<Host, 'safetyNumber' | 'markCompared' | 'setNote' | 'setPermissions'>;

const PERMISSION_NAMES = { relay: true } as const satisfies Record<keyof DevicePermissions, true>;

const numberOf = (system: System, deviceId: DeviceId): SafetyNumber => {
  const { endpointId, comparedAtMs = null } = pairedDevice(system, deviceId);
  return { digits: safetyNumber(system.own.current.device.endpointId, endpointId), comparedAtMs };
};

export const trustMethods = (now: () => RunningHost): TrustMethods => ({
  safetyNumber: async (deviceId) => numberOf(now().system, deviceId),
  markCompared: async (deviceId, isEqual = true) => {
    const { system } = now();
    await changeTrust(system, deviceId, { comparedAtMs: isEqual ? Math.trunc(system.clock.nowMs()) : null });
    return numberOf(system, deviceId);
  },
  setNote: async (deviceId, note) => changeTrust(now().system, deviceId, { note: checkedNote(note) }),
  setPermissions: async (deviceId, permissions) => {
    checkFields('setPermissions', permissions, PERMISSION_NAMES);
    const { system } = now();
    const before = pairedDevice(system, deviceId).permissions;
    await changeTrust(system, deviceId, { permissions: { ...before, ...permissions } });
  },
});
