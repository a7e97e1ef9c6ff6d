import { existsSync } from 'node:fs';
import type { DeviceCheck } from '@bowline/contracts';

/** The daemon that answered. */
export const daemonCheck = (pid: number): DeviceCheck => ({
  name: 'daemon',
  result: 'ok',
  sentence: `The daemon runs (process ${pid}).`,
  remedy: null,
});

/** The system's service that starts the daemon. @param serviceFile what describes it, whether or not it is there */
export const serviceCheck = (serviceFile: string): DeviceCheck =>
  existsSync(serviceFile)
    ? {
        name: 'service',
        result: 'ok',
        sentence: 'The service that starts it with the system is installed.',
        remedy: null,
      }
    : { name: 'service', result: 'skipped', sentence: 'No service starts it with the system.', remedy: null };
