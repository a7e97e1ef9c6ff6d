import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectChannel, jsonLinesTransport } from '@bowline/channel';
import { deviceIdOf, endpointIdOf, linksChannel } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { expect, it, onTestFinished } from 'vitest';
import { gone, peerList } from './peer-list.ts';

const entry = fileURLToPath(new URL('../src/worker.ts', import.meta.url));

it('runs alone as a process: peers, queues and errors work, and nobody can be reached', async () => {
  const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const ended = once(child, 'exit');
  const channel = await connectChannel(linksChannel, jsonLinesTransport(child.stdout, child.stdin), {
    clock: systemClock,
    greeting: { options: { idleIntervalMs: 4_000 } },
  });
  const own = endpointIdOf(new Uint8Array(32).fill(1));
  const peer = endpointIdOf(new Uint8Array(32).fill(2));
  const deviceId = deviceIdOf(peer);
  const connect = { deviceId, directAddresses: [], throughRelay: true, timeoutMs: 1_000 };

  await expect(channel.request('connect', connect)).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
  const relayInfo = { homeRelayUrl: null, relayUrls: [], revision: 0, incarnation: 1 };
  await channel.request('presentSelf', {
    endpointId: own,
    incarnation: 1,
    name: 'alone',
    relayInfo,
    directAddresses: [],
  });
  await channel.request('setPeers', peerList({ deviceId, endpointId: peer }));
  const sending = channel.request('sendMessage', { deviceId, payload: Uint8Array.of(1, 2, 3) });
  const outcome = sending.catch((error: unknown) => error);
  const { links } = await channel.request('status', {});
  expect(links).toMatchObject([{ deviceId, state: 'offline', unacknowledgedCount: 1 }]);
  await expect(channel.request('connect', connect)).rejects.toMatchObject({ code: 'LINK_UNREACHABLE', stage: 'dial' });
  await channel.request('setPeers', gone(deviceId));
  expect(await outcome).toMatchObject({ code: 'DEVICE_REMOVED' });
  channel.close();
  expect(await ended).toEqual([0, null]);
});
