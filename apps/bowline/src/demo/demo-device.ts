import { BowlineError, type DaemonChannel, type DeviceReport, type EventPayload } from '@bowline/contracts';
import type { HostComponents } from '@bowline/host';
import { useDaemon } from '../daemon/daemon-client.ts';
import { type ChildCommand, childCommand } from './child-command.ts';

/** A device of the demo: a daemon as a process of its own, with a data directory of its own. */
export interface DemoDevice extends AsyncDisposable {
  readonly name: string;
  readonly dataDir: string;
  readonly id: () => string;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Waits until the peer is connected, and tells the path. */
  readonly connectedTo: (peer: DemoDevice) => Promise<string>;
}

/** How long a restarted pair may take to find each other before the demo calls it a failure. */
const RECONNECT_LIMIT_MS = 15_000;

export const demoDevice = (
  name: string,
  dataDir: string,
  upOptions: readonly string[],
  components: HostComponents,
): DemoDevice => {
  let daemon: ChildCommand | undefined;
  let id = '';

  const start = async () => {
    // A keychain would keep the key of a device that is gone with the demo.
    const here = ['--data-dir', dataDir, '--bind', '127.0.0.1', '--key', 'file'];
    daemon = childCommand(['up', '--name', name, ...here, ...upOptions]);
    const ready = await daemon.line(({ event }) => event === 'ready');
    id = (ready.device as { id: string }).id;
  };
  const stop = async () => {
    await daemon?.end();
    daemon = undefined;
  };

  const connectedTo = async (peer: DemoDevice): Promise<string> => {
    await using client = await useDaemon(dataDir, components);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = async (): Promise<void> => {
      const { peers } = await client.channel.request('status', {});
      const found = peers.find((each: DeviceReport) => each.id === peer.id());
      if (found?.state === 'connected') resolve(found.path ?? 'not known yet');
    };
    client.channel.on('told', ({ event }: EventPayload<DaemonChannel, 'told'>) => {
      if (event === 'device.connected') look().catch(reject);
    });
    const cancel = components.clock.setTimer(RECONNECT_LIMIT_MS, () => reject(notReconnected(name, peer.name)));
    try {
      await look();
      return await promise;
    } finally {
      cancel();
    }
  };

  return { name, dataDir, id: () => id, start, stop, connectedTo, [Symbol.asyncDispose]: stop };
};

/** A device of the demo has not found the other one again. */
const notReconnected = (name: string, peerName: string): BowlineError =>
  new BowlineError({
    code: 'DEMO_NOT_RECONNECTED',
    message: `${name} and ${peerName} did not find each other again within ${RECONNECT_LIMIT_MS / 1_000} s.`,
  });
