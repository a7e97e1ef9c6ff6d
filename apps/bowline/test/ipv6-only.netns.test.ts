import { describeInLab, type LabHost, oneLan } from '@bowline/testing/network-lab';
import { expect, it, vi } from 'vitest';
import { deviceOn, pairedOn, untilTestEnds } from './lab-devices.ts';
import { isConnected, offerCode } from './two-devices.ts';

const OPTIONS = ['--relay', 'disabled'];

/** Takes IPv4 from a host, and gives it IPv6: a link-local address, and the one given. */
const ipv6Alone = (host: LabHost, address: string | null): Promise<string> =>
  host.run(
    'sh',
    '-ec',
    `cd /proc/sys/net/ipv6/conf
for name in all default lo eth0; do echo 0 > $name/accept_dad; echo 0 > $name/disable_ipv6; done
ip -4 address flush dev eth0
${address === null ? '' : `ip address add ${address}/64 dev eth0 nodad`}`,
  );

describeInLab('a local network with IPv6 alone', () => {
  vi.setConfig({ testTimeout: 90_000 });

  it('pairs devices by words, and connects them again after both restarted', async () => {
    const hosts = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    await Promise.all([ipv6Alone(hosts.laptop, 'fd77::1'), ipv6Alone(hosts.phone, 'fd77::2')]);
    const devices = await pairedOn([hosts.laptop, hosts.phone], OPTIONS);
    for (const device of devices) {
      const { network, peers } = await device.status();
      expect(network.mdns).toEqual({ state: 'works', problem: null });
      expect(peers).toMatchObject([{ path: 'direct' }]);
    }
    // Ports are new then, so that what was stored leads nowhere: it is mDNS that has them find each other.
    for (const device of devices) await device.daemon().end();
    await Promise.all(devices.map((device) => device.up()));
    await Promise.all(devices.map((device) => device.statusWhere(isConnected)));
  });

  it('with link-local addresses alone says that devices cannot be connected over them', async () => {
    const hosts = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    await Promise.all([ipv6Alone(hosts.laptop, null), ipv6Alone(hosts.phone, null)]);
    const [laptop, phone] = [deviceOn(hosts.laptop, OPTIONS), deviceOn(hosts.phone, OPTIONS)];
    await Promise.all([laptop.up(), phone.up()]);
    const { words } = await offerCode(laptop);
    const { lines } = await phone.run('join', words);
    expect(lines.at(-1)).toMatchObject({
      code: 'NOBODY_FOUND',
      reason: expect.stringMatching(/link-local IPv6 addresses alone .*; give this network IPv4 addresses/),
    });
    const { network } = await laptop.status();
    expect(network.mdns).toMatchObject({ state: 'failing', problem: { code: 'linkLocalOnly' } });
  });
});
