import { getRandomValues } from 'node:crypto';
import { persistence } from '@bowline/persistence';
import { fakeClock, memoryLogger, pendingNamed, receivedMessage } from '@bowline/testing';

// Owns the data directory named on the command line and journals messages until it is killed.
const dataDir = process.argv[2] ?? '';
const context = { signal: new AbortController().signal };
const store = persistence({ dataDir })({
  clock: fakeClock(),
  random: { bytes: (sizeBytes) => getRandomValues(new Uint8Array(sizeBytes)), ratio: () => 0 },
  logger: memoryLogger(),
  emit: () => undefined,
});
await store.start();
const { handlers } = store;
const { incarnation } = await handlers.openIdentity({ defaultName: 'Laptop' }, context);
const { devices } = await handlers.listDevices({}, context);
if (devices.length === 0) await handlers.addPending(pendingNamed('NAS'), context);

for (let sequence = 1; ; sequence += 1) {
  const message = receivedMessage(incarnation, sequence, { text: 'x'.repeat(512) });
  await handlers.receiveMessage(
    { ...message, note: { ...message.note, data: { received: message.received } } },
    context,
  );
  process.stdout.write(`${JSON.stringify({ position: sequence, incarnation })}\n`);
  // Lets the line leave before the next write.
  await new Promise((resolve) => setImmediate(resolve));
}
