import type { HostStatus } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { RelayProcess } from '../../../packages/relay-switchboard/test/support/relay-process.ts';
import { testDevice } from './two-devices.ts';

const isHome =
  (home: string) =>
  ({ relays }: HostStatus): boolean =>
    relays.some(({ role, state, url }) => url === home && role === 'home' && state === 'connected');

describe('the relays of a running device', () => {
  it('are chosen, given up and budgeted without a restart, and kept over one', async () => {
    await using first = await RelayProcess.start();
    await using second = await RelayProcess.start();
    const device = testDevice('laptop', ['--no-mdns']);
    const started = await device.run('relay', 'set', first.url);
    expect(started.lines.at(-1)).toMatchObject({ event: 'relaysChosen', answers: [{ url: first.url, problem: null }] });
    await device.up();
    await device.statusWhere(isHome(first.url));
    const { workers } = await device.status();

    await device.run('relay', 'set', second.url);
    await device.statusWhere(isHome(second.url));
    await device.run('relay', 'set', 'disabled');
    expect((await device.status()).relays).toEqual([]);
    await device.run('relay', 'set', second.url);
    await device.statusWhere(isHome(second.url));
    expect((await device.status()).workers.map(({ pid }) => pid)).toEqual(workers.map(({ pid }) => pid));

    const budget = { peerBytesPerDay: null, totalBytesPerDay: 2_000_000_000 };
    expect((await device.run('relay', 'budget', '--total', '2GB')).lines.at(-1)).toMatchObject({ budget });
    await device.daemon().end();
    await device.up();
    await device.statusWhere(isHome(second.url));
    const { lines } = await device.run('relay', 'status');
    expect(lines.at(-1)).toMatchObject({ relays: [{ url: second.url, role: 'home' }], traffic: { budget } });
    expect((await device.run('relay', 'budget')).lines.at(-1)).toMatchObject({ event: 'relayBudget', budget });
    const both = { ...budget, peerBytesPerDay: 20_000_000 };
    expect((await device.run('relay', 'budget', '--per-device', '20MB')).lines.at(-1)).toMatchObject({ budget: both });
  }, 180_000);

  it('are not changed by what cannot be', async () => {
    const device = testDevice('laptop', ['--no-mdns', '--relay', 'disabled']);
    for (const wrong of [['ftp://a'], ['https://a#quick'], ['disabled', 'https://a']]) {
      expect((await device.run('relay', 'set', ...wrong)).exitCode).toBe(2);
    }
    expect((await device.run('relay', 'budget', '--total', 'much')).exitCode).toBe(2);
    expect((await device.run('relay', 'budget', '--total', '100kB')).exitCode).toBe(2);
  }, 180_000);
});
