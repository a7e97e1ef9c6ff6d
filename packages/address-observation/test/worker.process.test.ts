import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectChannel, jsonLinesTransport } from '@bowline/channel';
import { addressObservationChannel, brandAs, type RelayUrl } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { describe, expect, it, onTestFinished } from 'vitest';

const entry = fileURLToPath(new URL('../src/worker.ts', import.meta.url));

describe('the worker', () => {
  it('answers and tells as a process of its own, and ends with its input', async () => {
    const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const ended = once(child, 'exit');
    const channel = await connectChannel(addressObservationChannel, jsonLinesTransport(child.stdout, child.stdin), {
      clock: systemClock,
    });
    const told = new Promise((resolve) => {
      channel.on('search.due', resolve);
    });
    const homeRelayUrl = brandAs<RelayUrl>('https://relay.example.org/');
    await channel.request('setStanding', { network: 1, port: 4_000, localIps: [], homeRelayUrl, seenByPeers: [] });
    expect(await told).toEqual({ relayUrl: homeRelayUrl });
    channel.close();
    expect(await ended).toEqual([0, null]);
  });
});
