import { describeInLab, noDirectPath } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { pairedOn, relayOn, untilTestEnds } from './lab-devices.ts';
import { isConnected, type TestDevice } from './two-devices.ts';

/** Nobody answers there: our relay has no address discovery, and a real answer needs a certificate of a public authority. */
const QUIC = '#quic=9';

const asks =
  (url: string) =>
  ({ network }: Awaited<ReturnType<TestDevice['status']>>): boolean =>
    network.addressDiscovery?.relay === url;

describeInLab('devices that are told to ask a relay for their address', () => {
  it('pair, talk and lose no connection though no answer comes, whatever restarts', async () => {
    const hosts = await noDirectPath({ homes: [['laptop'], ['phone']], internet: ['relay1', 'relay2'] }).then(
      untilTestEnds,
    );
    const [first, second] = [await relayOn(hosts.relay1), await relayOn(hosts.relay2)];
    const options = [first, second].flatMap(({ url }) => ['--relay', `${url.replace(/\/$/, '')}${QUIC}`]);
    const [laptop, phone] = await pairedOn([hosts.laptop, hosts.phone], options);
    const status = await laptop.statusWhere(({ network }) => network.addressDiscovery !== null);
    const standby = status.relays.find(({ role }) => role === 'standby');
    expect(status.network.addressDiscovery).toEqual({ relay: standby?.url, addresses: [] });

    const asked = standby?.url === first.url ? first : second;
    await asked.kill();
    expect((await laptop.run('send', 'phone', 'without it')).exitCode).toBe(0);

    const pid = status.workers.find(({ name }) => name === 'endpoint')?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await laptop.statusWhere((now) => now.workers.some(({ name, restarts }) => name === 'endpoint' && restarts >= 1));
    await laptop.statusWhere(isConnected);
    expect(asks(asked.url)(await laptop.status())).toBe(true);
    expect((await phone.run('send', 'laptop', 'welcome back')).exitCode).toBe(0);

    expect((await laptop.run('relay', 'set', 'disabled')).exitCode).toBe(0);
    expect((await laptop.status()).network.addressDiscovery).toBeNull();
    expect((await laptop.run('relay', 'set', `${first.url}${QUIC}`)).exitCode).toBe(0);
    await asked.start();
    await laptop.statusWhere(asks(first.url));
    await laptop.statusWhere(isConnected);
    expect((await laptop.run('send', 'phone', 'back again')).exitCode).toBe(0);
  });
});
