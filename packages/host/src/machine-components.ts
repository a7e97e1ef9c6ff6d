import { networkInterfaces } from 'node:os';
import { createLogger } from '@bowline/logging';
import { supervise } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { loopbackPort } from './loopback-port.ts';
import type { PlacementComponents } from './system.ts';

/** The components of the machine this runs on. */
export const machineComponents = (): PlacementComponents => ({
  logger: createLogger({ level: 'warn' }),
  clock: systemClock,
  random: systemRandom,
  networkInterfaces,
  workerLogLevel: 'warn',
  supervise,
  holdLoopbackPort: loopbackPort,
});
