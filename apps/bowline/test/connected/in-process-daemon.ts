import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { onTestFinished } from 'vitest';
import { daemonServer } from '../../src/daemon/daemon-server.ts';
import type { Host } from '../../src/index.ts';
import { loopbackHost, pairHosts } from './host-conformance.ts';

export const components = () => ({ clock: systemClock, random: systemRandom, logger: memoryLogger() });

/** A daemon in this process, on a folder that outlives it. */
export const startDaemon = async (dataDir: string): Promise<{ host: Host; stop: () => Promise<void> }> => {
  const host = loopbackHost('laptop', dataDir);
  await host.start();
  const place = { dataDir, runtimeDir: null, temporaryDir: dataDir, stop: () => undefined };
  const server = daemonServer(
    host,
    { ...place, openInspector: async () => '', inspectorUrl: () => null },
    components(),
  );
  await server.start();
  const stop = async (): Promise<void> => {
    await server.stop();
    await host.stop();
  };
  onTestFinished(stop);
  return { host, stop };
};

/** A device of a daemon, `laptop`, and one beside it, `nas`, paired. */
export const twoDevices = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-gone-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, 'laptop');
  const peer = loopbackHost('nas', join(folder, 'nas'));
  onTestFinished(() => peer.stop());
  await peer.start();
  const daemon = await startDaemon(dataDir);
  await pairHosts(daemon.host, peer);
  return { dataDir, peer, daemon };
};
