import { networkInterfaces } from 'node:os';
import { createLogger } from '@bowline/logging';
import { supervise } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { loopbackPort } from './loopback-port.ts';
import type { PlacementComponents } from './system.ts';

/** The components of the machine this runs on, but for those that are given. */
export const machineComponents = (given: Partial<PlacementComponents> = {}): PlacementComponents => ({
  clock: systemClock,
  random: systemRandom,
  networkInterfaces,
  workerLogLevel: 'warn',
  supervise,
  holdLoopbackPort: loopbackPort,
  ...given,
  // It opens its output when it is made.
  logger: given.logger ?? createLogger({ level: 'warn' }),
});
