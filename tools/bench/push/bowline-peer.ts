/** `bowline-peer.ts receiver|sender DATADIR FOLDER|TICKET tcp|quic ADDRESS`: a host that receives in a folder, or pushes to it. */
import { startBenchHost } from '../streams/bench-host.ts';
import { serveFileTasks } from './peer-messages.ts';

const [role = '', dataDir = '', told = '', transport = '', bind = ''] = process.argv.slice(2);
const { host, pids } = await startBenchHost({ dataDir, name: role, relay: 'disabled', bind: [bind] }, transport);

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
