import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// The adapter leaves to the app how automerge is loaded.
import '@automerge/automerge-repo';
import { runNetworkAdapterTests } from '@automerge/automerge-repo/helpers/tests/network-adapter-tests.js';
import { createHost, type Host } from '@bowline/host';
import { memoryLogger } from '@bowline/testing';
import { afterAll, beforeAll } from 'vitest';
import { BowlineNetworkAdapter } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'bowline-automerge-'));
const hosts: Host[] = ['laptop', 'phone', 'nas'].map((name) =>
  createHost(
    { dataDir: join(folder, name), name, relay: 'disabled', bind: ['127.0.0.1'], mdns: false, placement: 'inline' },
    { logger: memoryLogger() },
  ),
);

const linked = (host: Host): Promise<void> =>
  new Promise((resolve) => {
    const cancel = host.on('device.connected', () => {
      cancel();
      resolve();
    });
  });

const pair = async (one: Host | undefined, other: Host | undefined): Promise<void> => {
  if (one === undefined || other === undefined) return;
  const both = [linked(one), linked(other)];
  const offer = await one.pair({ policy: 'accept' });
  await (await other.join(offer.ticket)).paired;
  await Promise.all(both);
};

beforeAll(async () => {
  await Promise.all(hosts.map((host) => host.start()));
  const [laptop, phone, nas] = hosts;
  await pair(laptop, phone);
  await pair(laptop, nas);
  await pair(phone, nas);
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  rmSync(folder, { recursive: true, force: true });
});

let setups = 0;

runNetworkAdapterTests(async () => {
  setups += 1;
  const service = `automerge-repo/test-${setups}`;
  const adapters = hosts.map(
    (host) => new BowlineNetworkAdapter(host, { allow: 'paired', service }, { logger: memoryLogger() }),
  );
  const [one, two, three] = adapters;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three adapters are needed');
  const teardown = (): void => {
    for (const adapter of adapters) adapter.disconnect();
  };
  return { adapters: [one, two, three] as const as never, teardown };
}, 'Bowline');
