import { dirname } from 'node:path';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { daemonServer } from '../../src/daemon/daemon-server.ts';
import { connectHost } from '../../src/index.ts';
import { describeHost, loopbackHost } from './host-conformance.ts';

describeHost('a host of createHost', async (dataDir) => {
  const host = loopbackHost('laptop', dataDir);
  await host.start();
  return { host, close: () => host.stop() };
});

describeHost('a host of connectHost', async (dataDir) => {
  const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
  const daemon = loopbackHost('laptop', dataDir);
  await daemon.start();
  const place = { dataDir, runtimeDir: null, temporaryDir: dirname(dataDir) };
  const server = daemonServer(
    daemon,
    { ...place, stop: () => undefined, openInspector: async () => '', inspectorUrl: () => null },
    components,
  );
  await server.start();
  const host = connectHost({ dataDir }, components);
  await host.start();
  const close = async (): Promise<void> => {
    await host.stop();
    await server.stop();
    await daemon.stop();
  };
  return { host, close };
});
