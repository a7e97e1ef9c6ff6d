import { setTimeout as delay } from 'node:timers/promises';
import { BowlineError } from '@bowline/contracts';
import { type ChildCommand, childCommand, runCommand } from './child-command.ts';

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

interface Peer {
  readonly id: string;
  readonly state: string;
  readonly path: string | null;
}

/** How long a restarted pair may take to find each other before the demo calls it a failure. */
const RECONNECT_LIMIT_MS = 15_000;
const POLL_MS = 100;

export const demoDevice = (name: string, dataDir: string, upOptions: readonly string[]): DemoDevice => {
  let daemon: ChildCommand | undefined;
  let id = '';

  const start = async () => {
    daemon = childCommand(['up', '--name', name, '--data-dir', dataDir, '--bind', '127.0.0.1', ...upOptions]);
    const ready = await daemon.line(({ event }) => event === 'ready');
    id = (ready.device as { id: string }).id;
  };
  const stop = async () => {
    await daemon?.end();
    daemon = undefined;
  };

  const connectedTo = async (peer: DemoDevice): Promise<string> => {
    for (let waitedMs = 0; waitedMs < RECONNECT_LIMIT_MS; waitedMs += POLL_MS) {
      const status = await runCommand(['status', '--data-dir', dataDir], ({ peers }) => peers !== undefined);
      const found = (status.peers as readonly Peer[]).find((each) => each.id === peer.id());
      if (found?.state === 'connected') return found.path ?? 'unknown';
      await delay(POLL_MS);
    }
    throw new BowlineError({
      code: 'DEMO_NOT_RECONNECTED',
      message: `${name} and ${peer.name} did not find each other again within ${RECONNECT_LIMIT_MS / 1_000} s.`,
    });
  };

  return { name, dataDir, id: () => id, start, stop, connectedTo, [Symbol.asyncDispose]: stop };
};
