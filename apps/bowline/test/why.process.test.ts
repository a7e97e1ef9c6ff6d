import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { childCommand } from '../src/demo/child-command.ts';
import { isConnected, pairDevices, temporaryFolder, testDevice, testRelay } from './two-devices.ts';

/** What the relay asks its users for. */
const TOKEN = 'a-token-that-nobody-may-see';

/** Two paired devices that are connected; the first one serves the inspector as it is told. */
const paired = async (inspector: readonly string[]) => {
  vi.stubEnv('BOWLINE_RELAY_TOKEN', TOKEN);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { url } = await testRelay(0, ['--token', TOKEN]);
  const here = testDevice('laptop', ['--relay', url, '--no-mdns', ...inspector]);
  const there = testDevice('phone', ['--relay', url, '--no-mdns']);
  const [ready] = await Promise.all([here.up(), there.up()]);
  await pairDevices(here, there);
  await here.statusWhere(isConnected);
  return { here, there, ready };
};

describe('a paired device', () => {
  it('is explained, has a timeline, and is shown on a page', async () => {
    const { here, there, ready } = await paired(['--inspector', '0']);
    expect(ready.inspector).toEqual({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/) });

    const why = await here.run('why', 'phone', '--json');
    expect(why).toMatchObject({
      exitCode: 0,
      lines: [{ event: 'why', state: 'connected', device: { name: 'phone' } }],
    });

    const { lines: sessions } = await here.run('machines', '--json');
    expect(sessions).toContainEqual({
      event: 'session',
      machine: 'link',
      session: expect.any(String),
      state: 'connected',
    });
    expect(sessions).toContainEqual({ event: 'session', machine: 'worker', session: 'endpoint', state: 'started' });
    // The device's own login first; that of the code it showed may still be there.
    const [login] = sessions.filter(({ machine }) => machine === 'relay-connection');
    expect(login).toMatchObject({ session: expect.stringMatching(/\/$/), state: 'connected.usable' });
    const following = childCommand(['machines', '--follow', '--data-dir', here.dataDir]);
    onTestFinished(() => following.end());
    await following.line(({ event }) => event === 'session');

    await there.daemon().end();
    expect(await following.line(({ event, machine }) => event === 'transition' && machine === 'link')).toEqual({
      event: 'transition',
      machine: 'link',
      session: expect.stringMatching(/^d-/),
      from: 'connected',
      to: 'offline',
      by: 'session.ended',
      atMs: expect.any(Number),
    });
    await here.statusWhere((status) => !isConnected(status));
    expect((await here.run('why', 'phone', '--json')).lines).toMatchObject([
      { cause: 'offline-goodbye', certainty: 'known', side: 'there' },
    ]);

    const { lines: afterTrying } = await here.run('why', 'phone', '--try', '--json');
    // On a busy machine, what would help against that stands beside it.
    expect(afterTrying[0]?.remedies).toContainEqual(
      expect.objectContaining({
        code: 'switch-on-peer',
        tried: expect.objectContaining({ outcome: expect.stringContaining('dialled just now') }),
      }),
    );

    const bundle = join(temporaryFolder(), 'bundle.json');
    const { lines: doctorLines, exitCode } = await here.run('doctor', '--bundle', bundle, '--json');
    const checks = doctorLines.filter(({ event }) => event === 'check');
    expect(doctorLines.at(-1)).toEqual({ event: 'bundle', file: bundle });
    const written = readFileSync(bundle, 'utf8');
    expect(JSON.parse(written)).toMatchObject({
      format: 'bowline-support/1',
      diagnoses: [{ cause: 'offline-goodbye' }],
    });
    const { device, peers } = await here.status();
    for (const secret of [
      TOKEN,
      device.id,
      device.endpointId,
      'laptop',
      'phone',
      peers[0]?.id ?? '',
      here.dataDir,
      '127.0.0.1',
    ]) {
      expect(written).not.toContain(secret);
    }
    expect(written).not.toMatch(/\b[0-9a-f]{64}\b|\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b|:\/\//);
    expect((await here.run('doctor', '--bundle', bundle, '--json')).lines.at(-1)).toMatchObject({
      error: { code: 'BUNDLE_UNWRITABLE' },
    });
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'daemon',
        'service',
        'clock',
        'token',
        'proxy',
        'captive',
        'version',
        'store',
        'workers',
        'network',
        expect.stringMatching(/^relay 127\.0\.0\.1:[0-9]+$/),
        'udp',
        'nat',
        'mdns',
      ]),
    );
    expect({ failed: checks.filter(({ result }) => result === 'failed'), exitCode }).toEqual({
      failed: [],
      exitCode: 0,
    });

    const { lines } = await here.run('timeline', 'phone', '--since', '1h', '--json');
    expect(lines.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['host.started', 'device.paired', 'device.connected', 'device.disconnected']),
    );
    expect(lines.at(-1)).toMatchObject({ event: 'reliability', outages: 0 });

    const { lines: opened } = await here.run('inspect', '--json');
    const url = String(opened[0]?.url);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}$/);
    expect(url).toContain(String((ready.inspector as { url: string }).url));
    expect((await fetch(url)).status).toBe(200);

    // Kept across a restart, with the time this device did not run.
    await here.daemon().end();
    await here.up();
    const again = await here.run('timeline', 'phone', '--json');
    const started = again.lines.filter(({ kind }) => kind === 'host.started');
    expect(started).toHaveLength(2);
    expect(started[1]?.durationMs).toEqual(expect.any(Number));
    expect(again.lines.map(({ kind }) => kind)).toContain('host.stopped');
  });

  it('is shown by no page where that is off', async () => {
    const device = testDevice('laptop', ['--relay', 'disabled', '--no-mdns', '--inspector', 'off']);
    expect(await device.up()).not.toHaveProperty('inspector');
    const { lines, exitCode } = await device.run('inspect', '--json');
    expect(lines).toMatchObject([{ event: 'error', error: { code: 'INSPECTOR_OFF' } }]);
    expect(exitCode).toBe(1);
  });
});
