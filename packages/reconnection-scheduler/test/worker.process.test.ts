import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectChannel, jsonLinesTransport } from '@bowline/channel';
import { reconnectionSchedulerChannel } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deviceNumber, peer } from './devices.ts';

const entry = fileURLToPath(new URL('../src/worker.ts', import.meta.url));

describe('the worker', () => {
  it('answers and tells as a process of its own, and ends with its input', async () => {
    const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const ended = once(child, 'exit');
    const channel = await connectChannel(reconnectionSchedulerChannel, jsonLinesTransport(child.stdout, child.stdin), {
      clock: systemClock,
    });
    const told = new Promise((resolve) => {
      channel.on('dial.due', resolve);
    });
    await channel.request('setPeers', peer(deviceNumber(0)));
    expect(await told).toEqual({ deviceId: deviceNumber(0), cause: 'start', failureCount: 0 });
    expect((await channel.request('status', {})).devices).toMatchObject([{ state: 'dialling' }]);
    channel.close();
    expect(await ended).toEqual([0, null]);
  });
});
