import { existsSync } from 'node:fs';
import type { DeviceCheck } from '@bowline/contracts';

/** What is known of the daemon beside what its device says. */
export interface CheckedDaemon {
  /** Of the daemon that answered; its own for one that runs for a command alone. */
  readonly pid: number;
  readonly ownPid: number;
  /** What describes the service of this data directory, whether or not it is there. */
  readonly serviceFile: string;
}

/** Checks what is around the device: its daemon, and the system's service that starts it. */
export const daemonChecks = ({ pid, ownPid, serviceFile }: CheckedDaemon): readonly DeviceCheck[] => [
  pid === ownPid
    ? {
        name: 'daemon',
        result: 'warning',
        sentence: 'No daemon runs; this device is up for this command alone, and out of reach afterwards.',
        remedy: 'Start it with "bowline up", or install the service with "bowline service install".',
      }
    : { name: 'daemon', result: 'ok', sentence: `The daemon runs (process ${pid}).`, remedy: null },
  existsSync(serviceFile)
    ? {
        name: 'service',
        result: 'ok',
        sentence: 'The service that starts it with the system is installed.',
        remedy: null,
      }
    : { name: 'service', result: 'skipped', sentence: 'No service starts it with the system.', remedy: null },
];
