import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endpointIdOf } from '@bowline/contracts';
import { mdnsDiscovery } from '@bowline/discovery-mdns';
import { persistenceWorker } from '@bowline/persistence';
import { supervise } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { actorHarness, memoryLogger } from '@bowline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { createHost } from '../src/index.ts';

const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
const phone = endpointIdOf(new Uint8Array(32).fill(7));

/** Somewhere that is dialled when a QUIC packet arrives there, announced as the phone's. */
const announcedPhone = async () => {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { actor, client } = actorHarness(mdnsDiscovery({ interfaces: ['127.0.0.1'] }), components);
  await actor.start();
  onTestFinished(() => actor.stop());
  const { port } = socket.address();
  await client.request('advertise', { advertisementId: 'presence', endpointId: phone, port, lanTag: null });
  return { dialled: once(socket, 'message') };
};

/** A store in which the phone is paired, and nothing is known of where it is. */
const storeWithPhone = async (): Promise<string> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bowline-host-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const store = supervise({ definition: persistenceWorker, options: { dataDir }, kind: 'inline' }, components);
  await store.start();
  await store.client.request('openIdentity', { defaultName: 'laptop' });
  const { device } = await store.client.request('addPending', { endpointId: phone, name: 'phone', platform: 'linux' });
  await store.client.request('promote', { deviceId: device.id });
  await store.stop();
  return dataDir;
};

it('a device that is on the network when this one starts is dialled there', async () => {
  const { dialled } = await announcedPhone();
  const dataDir = await storeWithPhone();
  const host = createHost({ dataDir, name: 'laptop', relay: 'disabled', bind: ['127.0.0.1'] }, components);
  onTestFinished(() => host.stop());
  await host.start();
  const [packet] = await dialled;
  expect(packet.length).toBeGreaterThan(0);
});

/** Everything that is said on the loopback interface by mDNS from now on. */
const listener = async () => {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  onTestFinished(() => void socket.close());
  let said = '';
  socket.on('message', (packet) => {
    said += packet.toString('latin1');
  });
  socket.bind(5353, '0.0.0.0');
  await once(socket, 'listening');
  socket.addMembership('224.0.0.251', '127.0.0.1');
  return { said: () => said };
};

it.each([
  [true, true],
  ['quiet', false],
] as const)('a device with mDNS %s dials one it hears, and whether it is announced: %s', async (mdns, isAnnounced) => {
  const { said } = await listener();
  const { dialled } = await announcedPhone();
  const dataDir = await storeWithPhone();
  const host = createHost({ dataDir, name: 'laptop', relay: 'disabled', bind: ['127.0.0.1'], mdns }, components);
  onTestFinished(() => host.stop());
  await host.start();
  const { endpointId } = host.self;
  await dialled;
  // Until the phone has been told the presence key, the endpoint id is shown.
  if (isAnnounced) await expect.poll(() => said().includes(endpointId)).toBe(true);
  await host.stop();
  expect(said().includes(endpointId)).toBe(isAnnounced);
});
