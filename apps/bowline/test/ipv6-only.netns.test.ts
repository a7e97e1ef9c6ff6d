import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ipOf, type TcpAbsence } from '@bowline/contracts';
import { describeInLab, type LabHost, oneLan } from '@bowline/testing/network-lab';
import { expect, it, vi } from 'vitest';
import { deviceOn, pairedOn, untilTestEnds } from './lab-devices.ts';
import { giveIpv6 } from './support/give-ipv6.ts';
import { isConnected, offerCode, temporaryFolder } from './two-devices.ts';

const OPTIONS = ['--relay', 'disabled'];

/** Takes IPv4 from a host, and gives it IPv6: a link-local address, and the one given. */
const ipv6Alone = (host: LabHost, address: string | null): Promise<string> =>
  giveIpv6(host, { address, isAlone: true });

/** At the switch: TCP does not cross it from one link-local address to another. */
const LINK_LOCAL_TCP_BLOCK =
  "nft 'table bridge lab { chain passing { type filter hook forward priority 0; ip6 saddr fe80::/10 meta l4proto tcp drop; }; }'";

describeInLab('a local network with IPv6 alone', () => {
  vi.setConfig({ testTimeout: 90_000 });

  it('pairs devices by words, and connects them again after both restarted', async () => {
    const hosts = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    await Promise.all([ipv6Alone(hosts.laptop, 'fd77::1'), ipv6Alone(hosts.phone, 'fd77::2')]);
    const devices = await pairedOn([hosts.laptop, hosts.phone], OPTIONS);
    for (const device of devices) {
      // Which path is taken may be known a moment later than that there is one.
      const { network } = await device.statusWhere(({ peers }) => peers.some(({ path }) => path === 'direct'));
      expect(network.mdns).toEqual({ state: 'works', problem: null });
    }
    // Ports are new then, so that what was stored leads nowhere: it is mDNS that has them find each other.
    for (const device of devices) await device.daemon().end();
    await Promise.all(devices.map((device) => device.up()));
    await Promise.all(devices.map((device) => device.statusWhere(isConnected)));
  });

  it('has large streams use TCP over link-local addresses, and over public ones where that is allowed', async () => {
    const hosts = await oneLan(['laptop', 'nas']).then(untilTestEnds);
    await Promise.all([ipv6Alone(hosts.laptop, '2001:db8:77::1'), ipv6Alone(hosts.nas, '2001:db8:77::2')]);
    const folder = temporaryFolder();
    const [file, there] = [join(folder, 'large'), join(folder, 'there')];
    mkdirSync(there);
    const [laptop, nas] = await pairedOn([hosts.laptop, hosts.nas], OPTIONS);
    await nas.run('receive', there);
    /** Pushes, whatever it goes by, until that is said of it: a connection that broke is given up first, and then a dial. */
    const pushedBy = async (absence: TcpAbsence | null): Promise<void> => {
      const said = async () => {
        writeFileSync(file, randomBytes(3_000_000));
        const { lines } = await laptop.run('push', file, 'nas');
        expect(lines.at(-1)).toMatchObject({ event: 'pushed', files: 1 });
        return (await laptop.status()).peers.map(({ tcp, tcpAbsence }) => [tcp !== null, tcpAbsence]);
      };
      await expect.poll(said, { timeout: 30_000, interval: 1_000 }).toEqual([[absence === null, absence]]);
    };
    const listening = async (): Promise<readonly string[]> =>
      (await nas.status()).network.tcp.listeningAt.map((address) => ipOf(address).split(':', 1)[0] ?? '');
    await pushedBy(null);
    // The other side may have been dialled before an address that is new could be listened at.
    await expect.poll(listening, { timeout: 30_000 }).toEqual(['fe80']);
    expect(await hosts.nas.run('ss', '-Htln')).not.toContain('2001:');

    await hosts.room.atRouter(0, LINK_LOCAL_TCP_BLOCK);
    await pushedBy('blocked');
    const [why] = (await laptop.run('why', 'nas')).lines;
    expect(why).toMatchObject({
      cause: 'direct-lan',
      remedies: expect.arrayContaining([expect.objectContaining({ code: 'allow-tcp' })]),
      also: expect.arrayContaining([expect.objectContaining({ cause: 'slow-tcp-blocked' })]),
    });

    await Promise.all([laptop, nas].map((device) => device.daemon().end()));
    await Promise.all([laptop, nas].map((device) => device.up('--public-tcp')));
    await Promise.all([laptop, nas].map((device) => device.statusWhere(isConnected)));
    await pushedBy(null);
    await expect.poll(listening, { timeout: 30_000 }).toEqual(['fe80', '2001']);
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
