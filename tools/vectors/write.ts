/**
 * Writes the test vectors of the pairing packages: `node tools/run-sources.ts tools/vectors/write.ts`. A change of a vector is a change of the
 * protocol. `refused-tickets.json` and `foreign-handshake.json` are kept as they are: another implementation made them,
 * from `docs/protocol/pairing.md` alone.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { keyScheduleVectors } from './key-schedule.ts';
import { pairingProtocolVectors } from './pairing-protocol.ts';
import { ticketVectors } from './tickets.ts';

const packages = new URL('../../packages/', import.meta.url);

const write = async (path: string, value: unknown): Promise<void> => {
  const file = new URL(path, packages);
  await mkdir(new URL('.', file), { recursive: true });
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
  process.stdout.write(`wrote ${fileURLToPath(file)}\n`);
};

await write('pairing-code/test/vectors/key-schedule.json', keyScheduleVectors());
await write('pairing-code/test/vectors/tickets.json', ticketVectors());
for (const [name, vector] of Object.entries(pairingProtocolVectors())) {
  await write(`pairing-protocol/test/vectors/${name}.json`, vector);
}
