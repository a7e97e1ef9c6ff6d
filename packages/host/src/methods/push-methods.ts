import { RUN_BYTES } from '@bowline/push-protocol';
import { checkPushOptions } from '../call-options.ts';
import type { Host } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { pushFiles } from '../push/push-files.ts';
import { PUSH_SERVICE } from '../push/receiving.ts';
import type { HostComponents } from '../system.ts';
import { ownDeviceHandle } from './own-device-handle.ts';

type PushMethods = Pick<Host, 'push' | 'receive' | 'receiveOff' | 'receiving'>;

export const pushMethods = (
  now: () => RunningHost,
  { clock, random }: HostComponents,
  send: Host['send'],
): PushMethods => {
  const run = random.bytes(RUN_BYTES);
  let pushes = 0;

  return {
    push: async (deviceId, paths, options = {}) => {
      checkPushOptions(options);
      const { signal = new AbortController().signal, onProgress = () => undefined } = options;
      const open = () => ownDeviceHandle(now, send, deviceId).open(PUSH_SERVICE, { signal });
      pushes += 1;
      return pushFiles(paths, { clock, open, run, push: pushes, onProgress, signal });
    },
    receive: (options) => now().receiving.set(options),
    receiveOff: () => now().receiving.off(),
    receiving: () => now().receiving.current,
  };
};
