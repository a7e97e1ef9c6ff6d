import { getRandomValues } from 'node:crypto';
import { brandAs, type RelayUrl } from '@bowline/contracts';
import { persistence } from '@bowline/persistence';
import {
  deviceIdNamed,
  endpointIdNamed,
  fakeClock,
  knownAddress,
  memoryLogger,
  pendingNamed,
  receivedMessage,
  relayInfoOf,
} from '@bowline/testing';

// Makes a device, pairs it, unpairs another one, journals a little, and is killed by itself while everything is open.
const dataDir = process.argv[2] ?? '';
const context = { signal: new AbortController().signal };
const { start, handlers } = persistence({ dataDir })({
  clock: fakeClock(),
  random: { bytes: (sizeBytes) => getRandomValues(new Uint8Array(sizeBytes)), ratio: () => 0 },
  logger: memoryLogger(),
  emit: () => undefined,
});
const journal = (name: string) =>
  handlers.appendJournal(
    { atMs: 1, event: 'pairing.completed', deviceId: deviceIdNamed(name), data: { via: 'mdns' } },
    context,
  );

await start();
await handlers.openIdentity({ defaultName: 'Laptop' }, context);
for (const name of ['NAS', 'Phone', 'Stranger']) {
  await handlers.addPending(pendingNamed(name), context);
  await handlers.promote({ deviceId: deviceIdNamed(name) }, context);
  await journal(name);
}
await handlers.putSetting({ name: 'relay', value: 'disabled' }, context);
await handlers.putRelayTokens(
  { deviceId: deviceIdNamed('NAS'), tokens: [{ url: brandAs<RelayUrl>('https://a.example/'), token: 'one' }] },
  context,
);
await handlers.removeDevice({ deviceId: deviceIdNamed('Stranger') }, context);
await handlers.blockDevice({ endpointId: endpointIdNamed('Thief') }, context);
await handlers.changeTrust({ deviceId: deviceIdNamed('NAS'), change: { note: 'in the cellar' } }, context);
await handlers.updateDevice(
  {
    deviceId: deviceIdNamed('NAS'),
    relayInfo: relayInfoOf(['https://a.example/', 'https://b.example/']),
    directAddresses: [knownAddress('10.0.0.1:1', 1), knownAddress('10.0.0.2:1', 2)],
    incarnation: 4,
    lastSeenAtMs: 5,
  },
  context,
);
for (let sequence = 1; sequence <= 6; sequence += 1) {
  const message = receivedMessage(4, sequence, { text: `message ${sequence} ${'x'.repeat(200)}` });
  await handlers.receiveMessage({ ...message, messageId: String(sequence).padStart(32, '0') }, context);
}
await handlers.takeMessages({ positions: [2] }, context);
for (const text of ['one', 'two']) {
  const payload = new TextEncoder().encode(text.repeat(50));
  await handlers.keepMessage({ deviceId: deviceIdNamed('NAS'), atMs: 3, payload }, context);
}
process.kill(process.pid, 'SIGKILL');
