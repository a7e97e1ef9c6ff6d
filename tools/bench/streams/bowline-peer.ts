/** `bowline-peer.ts sink|source FOLDER [TICKET]`: streams between two hosts, workers placed as they are by default. */
import { createHost } from '@bowline/host';
import { serveTasks, WRITE_BYTES } from './measured-peer.ts';

const [role = '', dataDir = '', told] = process.argv.slice(2);
const host = createHost({ dataDir, name: role, relay: 'disabled', mdns: false, bind: ['127.0.0.1'], key: 'file' });
await host.start();

const pids = async (): Promise<readonly number[]> => {
  const { workers } = await host.status();
  return [process.pid, ...workers.flatMap(({ pid }) => (pid === null ? [] : [pid]))];
};

if (role === 'sink') {
  await host.serve(
    'sink',
    async (stream) => {
      for await (const _bytes of stream);
      // As the answer to a request, it says that all went well.
      await stream.write(Uint8Array.of(0));
    },
    { allow: 'paired', maxStreams: 256 },
  );
  serveTasks({ send: async () => undefined, pids });
  const offer = await host.pair({ policy: 'accept' });
  process.send?.({ address: offer.ticket });
} else {
  const connected = new Promise<void>((resolve) => void host.on('device.connected', () => resolve()));
  await (await host.join(told ?? '')).paired;
  await connected;
  const sink = host.device('sink');
  serveTasks({
    send: async (bytes) => {
      if (bytes <= WRITE_BYTES) {
        await sink.request('sink', new Uint8Array(bytes));
        return;
      }
      const stream = await sink.open('sink');
      for (let left = bytes; left > 0; left -= WRITE_BYTES) {
        await stream.write(new Uint8Array(Math.min(left, WRITE_BYTES)));
      }
      await stream.end();
      for await (const _answer of stream);
    },
    hold: async () => void (await sink.open('sink')),
    pids,
  });
  process.send?.({ address: null });
}
