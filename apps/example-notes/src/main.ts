/**
 * Notes that several devices share: `main.ts DATA_DIR [ADDRESS]`. DATA_DIR is a folder whose daemon runs; without an address
 * the notes are new. Every line of input is a note.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { type AutomergeUrl, Repo } from '@automerge/automerge-repo';
import { BowlineNetworkAdapter } from '@bowline/automerge-repo-network';
import { connectHost } from 'bowline';

interface Notes {
  readonly notes: { readonly id: string; readonly text: string }[];
}

const [dataDir, address] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('Name the folder of a device whose daemon runs.');

await using host = connectHost({ dataDir });
await host.start();

const repo = new Repo({ network: [new BowlineNetworkAdapter(host, { allow: 'paired' })] });
const handle =
  address === undefined ? repo.create<Notes>({ notes: [] }) : await repo.find<Notes>(address as AutomergeUrl);
console.log(`address ${handle.url}`);

const shown = new Set<string>();
const show = ({ notes }: Notes): void => {
  for (const { id, text } of notes) {
    if (!shown.has(id)) console.log(`note ${text}`);
    shown.add(id);
  }
};
show(handle.doc());
handle.on('change', ({ doc }) => show(doc));

for await (const text of createInterface({ input: process.stdin })) {
  handle.change(({ notes }) => {
    notes.push({ id: randomUUID(), text });
  });
}
await repo.shutdown();
