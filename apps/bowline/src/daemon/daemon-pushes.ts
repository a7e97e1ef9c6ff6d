import type { ChannelHandlers, DaemonChannel, PushProgress } from '@bowline/contracts';
import type { Host } from '@bowline/host';
import { askedDevice } from './asked-device.ts';

/** What one client of the daemon pushes, and what this device receives. */
export interface DaemonPushes {
  readonly handlers: Pick<
    ChannelHandlers<DaemonChannel>,
    'push' | 'pushProgress' | 'receive' | 'receiveOff' | 'receiving'
  >;
  /** The client is gone: what it pushes ends. */
  readonly end: () => void;
}

export const daemonPushes = (host: Host): DaemonPushes => {
  const progress = new Map<string, PushProgress>();
  const gone = new AbortController();
  return {
    handlers: {
      push: async ({ device, paths, pushId }, { signal }) => {
        try {
          return await host.push((await askedDevice(host, device)).id, paths, {
            signal: AbortSignal.any([signal, gone.signal]),
            onProgress: (now) => progress.set(pushId, now),
          });
        } finally {
          progress.delete(pushId);
        }
      },
      pushProgress: ({ pushId }) => ({ progress: progress.get(pushId) ?? null }),
      receive: async (options) => ({ receiving: await host.receive(options) }),
      receiveOff: async () => ({ wasReceiving: await host.receiveOff() }),
      receiving: () => ({ receiving: host.receiving() }),
    },
    end: () => gone.abort(),
  };
};
