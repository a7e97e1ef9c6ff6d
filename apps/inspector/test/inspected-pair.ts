import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, type Host } from '@bowline/host';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { onTestFinished } from 'vitest';
import { type InspectedHost, type Inspector, inspector } from '../src/index.ts';

/** A started host on loopback that ends with the test. */
export const startedHost = async (name: string): Promise<Host> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bowline-inspector-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const host = createHost({ dataDir, name, relay: 'disabled', bind: ['127.0.0.1'] }, { logger: memoryLogger() });
  onTestFinished(() => host.stop());
  await host.start();
  return host;
};

/** Pairs two hosts, and resolves once both are linked. */
export const pairHosts = async (initiator: Host, joiner: Host): Promise<void> => {
  const linked = [initiator, joiner].map(
    (host) =>
      new Promise<void>((resolve) => {
        const cancel = host.on('device.connected', () => {
          cancel();
          resolve();
        });
      }),
  );
  const offer = await initiator.pair({ policy: 'accept' });
  const joined = await joiner.join(offer.ticket);
  await Promise.all([offer.paired, joined.paired, ...linked]);
};

/** The inspector of a host, listening; it ends with the test. */
export const startedInspector = async (host: InspectedHost): Promise<Inspector> => {
  const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
  const started = inspector({ refreshMs: 250, command: 'bowline' })(host, components);
  onTestFinished(() => started.stop());
  await started.start();
  return started;
};
