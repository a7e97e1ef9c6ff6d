import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectChannel, jsonLinesTransport } from '@bowline/channel';
import { relaySwitchboardChannel } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RelayProcess } from './support/relay-process.ts';
import { settingsOf } from './support/test-device.ts';

const entry = fileURLToPath(new URL('../src/worker.ts', import.meta.url));

describe('the worker', () => {
  it('is a switchboard as a process of its own, and ends with its input', async () => {
    await using relay = await RelayProcess.start();
    const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const ended = once(child, 'exit');
    const channel = await connectChannel(relaySwitchboardChannel, jsonLinesTransport(child.stdout, child.stdin), {
      clock: systemClock,
      greeting: { options: { policy: { standbyCount: 0 } } },
    });
    const home = new Promise((resolve) => {
      channel.on('relay.homeChanged', resolve);
    });
    const { loopbackUrl, port } = await channel.request('listen', { port: 0 });
    expect((await fetch(`${loopbackUrl}ping`)).status).toBe(200);
    await channel.request('admit', { secretKey: Uint8Array.from(randomBytes(32)) });
    await channel.request('configureRelays', { relays: settingsOf(relay.url) });
    expect(await home).toMatchObject({ homeRelayUrl: relay.url, relayUrls: [relay.url] });
    await expect(
      channel.request('configureRelays', { relays: settingsOf(relay.url, relay.url) }),
    ).rejects.toMatchObject({ code: 'SWITCHBOARD_BAD_REQUEST' });
    channel.close();
    expect(await ended).toEqual([0, null]);
    await expect(fetch(`http://127.0.0.1:${port}/ping`)).rejects.toThrow();
  });
});
