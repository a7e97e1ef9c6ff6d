import type { DeviceCheck } from '@bowline/contracts';

/** The daemon that answered. */
export const daemonCheck = (pid: number): DeviceCheck => ({
  name: 'daemon',
  result: 'ok',
  sentence: `The daemon runs (process ${pid}).`,
  remedy: null,
});
