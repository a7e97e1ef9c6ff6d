import { getRandomValues } from 'node:crypto';
import { persistence } from '@bowline/persistence';
import { fakeClock, memoryLogger } from '@bowline/testing';
import { deviceIdNamed, pendingNamed } from './peers.ts';

// Owns the data directory named on the command line and journals messages until it is killed.
const dataDir = process.argv[2] ?? '';
const never = new AbortController().signal;
const store = persistence({ dataDir })({
  clock: fakeClock(),
  random: { bytes: (sizeBytes) => getRandomValues(new Uint8Array(sizeBytes)), ratio: () => 0 },
  logger: memoryLogger(),
  emit: () => undefined,
});
await store.start();
const { handlers } = store;
const { incarnation } = await handlers.openIdentity({ defaultName: 'Laptop' }, { signal: never });
const { devices } = await handlers.listDevices({}, { signal: never });
if (devices.length === 0) await handlers.addPending(pendingNamed('NAS'), { signal: never });

for (let sequence = 1; ; sequence += 1) {
  const received = { incarnation, sequence };
  const { position } = await handlers.appendJournal(
    {
      atMs: 1,
      event: 'message.received',
      deviceId: deviceIdNamed('NAS'),
      data: { received, text: 'x'.repeat(512) },
      received,
    },
    { signal: never },
  );
  process.stdout.write(`${JSON.stringify({ position, incarnation })}\n`);
  // Lets the line leave before the next write.
  await new Promise((resolve) => setImmediate(resolve));
}
