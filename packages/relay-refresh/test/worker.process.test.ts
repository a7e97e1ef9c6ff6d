import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectChannel, jsonLinesTransport } from '@bowline/channel';
import { relayRefreshChannel } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deviceNamed, recordOf, relaysNamed } from './records.ts';

const entry = fileURLToPath(new URL('../src/worker.ts', import.meta.url));

describe('the worker', () => {
  it('answers and tells as a process of its own, and ends with its input', async () => {
    const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const ended = once(child, 'exit');
    const channel = await connectChannel(relayRefreshChannel, jsonLinesTransport(child.stdout, child.stdin), {
      clock: systemClock,
      greeting: { options: { incarnation: 3 } },
    });
    const nas = { deviceId: deviceNamed('nas'), pairing: 1, isLinked: true, relayInfo: null, heard: null };
    const told = new Promise((resolve) => {
      channel.on('push.due', resolve);
    });
    await channel.request('setPeers', { scope: 'all', peers: [nas] });
    await channel.request('presentSelf', { relayUrls: relaysNamed('a') });
    expect(await told).toEqual({ deviceIds: [deviceNamed('nas')], relayInfo: recordOf(['a'], 1, 3) });
    channel.close();
    expect(await ended).toEqual([0, null]);
  });
});
