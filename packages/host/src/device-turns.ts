import type { DeviceId } from '@bowline/contracts';

/** Lets what changes the standing of one device, such as adopting and removing it, happen one after the other. */
export interface DeviceTurns {
  /** Runs `task` once everything asked before for this device has ended, well or not. Rejects as `task` does. */
  take(deviceId: DeviceId, task: () => Promise<void>): Promise<void>;
}

export const deviceTurns = (): DeviceTurns => {
  const last = new Map<DeviceId, Promise<void>>();
  return {
    take: (deviceId, task) => {
      const before = last.get(deviceId);
      const run = before === undefined ? task() : before.then(task);
      const ended = run
        .catch(() => undefined)
        .then(() => {
          if (last.get(deviceId) === ended) last.delete(deviceId);
        });
      last.set(deviceId, ended);
      return run;
    },
  };
};
