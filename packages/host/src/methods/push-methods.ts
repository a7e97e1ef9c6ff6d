import { RUN_BYTES } from '@bowline/push-protocol';
import { checkFields } from '../check-fields.ts';
import type { Host, PushOptions } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { pushFiles } from '../push/push-files.ts';
import { PUSH_SERVICE } from '../push/receiving.ts';
import { deviceHandle } from '../services/device-handle.ts';
import type { HostComponents } from '../system.ts';

const PUSH_OPTION_NAMES = {
  signal: true,
  onProgress: true,
} as const satisfies Record<keyof PushOptions, true>;

type PushMethods = Pick<Host, 'push' | 'receive' | 'receiveOff' | 'receiving'>;

export const pushMethods = (now: () => RunningHost, { clock, random }: HostComponents): PushMethods => {
  const run = random.bytes(RUN_BYTES);
  let pushes = 0;

  return {
    push: async (deviceId, paths, options = {}) => {
      checkFields('push', options, PUSH_OPTION_NAMES);
      const { signal = new AbortController().signal, onProgress = () => undefined } = options;
      const open = () => {
        const { system, presence } = now();
        return deviceHandle(system, presence, deviceId).open(PUSH_SERVICE, { signal });
      };
      pushes += 1;
      return pushFiles(paths, { clock, open, run, push: pushes, onProgress, signal });
    },
    receive: (options) => now().receiving.set(options),
    receiveOff: () => now().receiving.off(),
    receiving: () => now().receiving.current,
  };
};
