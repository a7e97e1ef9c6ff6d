import { RUN_BYTES } from '@bowline/push-protocol';
import { abortable } from '../abortable.ts';
import { checkPushOptions } from '../call-options.ts';
import type { Host } from '../host.ts';
import type { RunningHost } from '../open-host.ts';
import { openPush } from '../push/open-push.ts';
import { pushFiles } from '../push/push-files.ts';
import type { HostComponents } from '../system.ts';

type PushMethods = Pick<Host, 'push' | 'receive' | 'receiveOff' | 'receiving'>;

export const pushMethods = (now: () => RunningHost, { clock, random }: HostComponents): PushMethods => {
  const run = random.bytes(RUN_BYTES);
  let pushes = 0;

  return {
    push: async (deviceId, paths, options = {}) => {
      checkPushOptions(options);
      const { signal = new AbortController().signal, onProgress = () => undefined } = options;
      const open = () => {
        const { parts, peers } = now().system;
        const name = peers.get(deviceId)?.device.name ?? deviceId;
        return openPush({ client: parts.services.client, random, device: { id: deviceId, name } }, signal);
      };
      pushes += 1;
      const { jobs } = now().system;
      return abortable(signal, () => pushFiles(paths, { clock, open, run, push: pushes, onProgress, jobs, signal }));
    },
    receive: (options) => now().receiving.set(options),
    receiveOff: () => now().receiving.off(),
    receiving: () => now().receiving.current,
  };
};
