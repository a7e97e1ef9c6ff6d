/** `bowline-peer.ts receiver|sender DATADIR FOLDER|TICKET tcp|quic`: a host that receives in a folder, or pushes to it. */
import { createHost } from '@bowline/host';
import { serveFileTasks } from './peer-messages.ts';

const [role = '', dataDir = '', told = '', transport = ''] = process.argv.slice(2);
const host = createHost({
  dataDir,
  name: role,
  relay: 'disabled',
  mdns: false,
  bind: ['127.0.0.1'],
  key: 'file',
  tcp: transport === 'tcp',
});
await host.start();

const pids = async (): Promise<readonly number[]> => {
  const { workers } = await host.status();
  return [process.pid, ...workers.flatMap(({ pid }) => (pid === null ? [] : [pid]))];
};

if (role === 'receiver') {
  const offer = await host.pair({ policy: 'accept' });
  serveFileTasks({ send: async () => undefined, pids });
  process.send?.({ address: offer.ticket });
  const { device } = await offer.paired;
  await host.receive({ dir: told, from: [device.id] });
} else {
  const { device } = await (await host.join(told)).paired;
  const send = async (paths: readonly string[]): Promise<void> => void (await host.push(device.id, paths));
  serveFileTasks({ send, pids });
  process.send?.({ address: null });
}
