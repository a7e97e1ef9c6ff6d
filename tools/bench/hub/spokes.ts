/** `spokes.ts FOLDER`: devices of a hub, as many as it is told to make, each a host in this process's own thread. */
import { join } from 'node:path';
import { createHost } from '@bowline/host';

const [folder = ''] = process.argv.slice(2);

process.once('disconnect', () => process.exit());
process.on('message', async ({ name, ticket }: { readonly name: string; readonly ticket: string }) => {
  try {
    const host = createHost({
      dataDir: join(folder, name),
      name,
      relay: 'disabled',
      mdns: false,
      bind: ['127.0.0.1'],
      key: 'file',
      placement: 'inline',
    });
    await host.start();
    await (await host.join(ticket)).paired;
    process.send?.({});
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});
