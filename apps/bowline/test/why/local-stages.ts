import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTopology, type LabHost, oneLan } from '@bowline/testing/network-lab';
import { relayOn, untilTestEnds } from '../lab-devices.ts';
import { giveIpv6 } from '../support/give-ipv6.ts';
import { isConnected, temporaryFolder } from '../two-devices.ts';
import { allowAllAt, blockMdns } from './blocked-udp.ts';
import { type Fault, longStage, nameFaults } from './fault-lab.ts';
import { knowing } from './knowing.ts';
import { type PairInLab, pairInLab } from './pair-in-lab.ts';
import { recoverThere } from './recover-there.ts';
import { type End, takeMdnsPort } from './serve-on.ts';

/** Multicast DNS that fails on one of two devices, whose other one is away: they would not find each other on one network. */
const mdnsFaults = (pair: PairInLab, { laptop, phone }: Readonly<Record<'laptop' | 'phone', LabHost>>) => {
  const { plug } = recoverThere(pair, phone);
  let end: End | undefined;
  const failing = (fault: string, side: 'here' | 'there', begin: () => Promise<unknown>, stop: End): Fault => ({
    make: async () => {
      await pair.restarted(begin);
      const device = side === 'here' ? pair.here : pair.there;
      await device.statusWhere(({ network }) => network.mdns.state === 'failing');
      // Facts are told when a link comes up, and changes of them within the minute: the other device hears of it at the next link.
      await phone.unplug();
      await pair.here.statusWhere((status) => !isConnected(status));
      await plug();
      await phone.unplug();
    },
    undo: async () => {
      await stop();
      await plug();
    },
    expected: [{ fault, isBeside: true, cause: 'local-network-failing', side }],
  });
  const take = async (host: LabHost) => (end = await takeMdnsPort(host));
  return [
    failing(
      'another program has the port of mDNS here',
      'here',
      () => take(laptop),
      async () => end?.(),
    ),
    failing(
      'another program has the port of mDNS there',
      'there',
      () => take(phone),
      async () => end?.(),
    ),
    failing(
      'a firewall here lets no mDNS out',
      'here',
      () => blockMdns(laptop),
      () => allowAllAt(laptop),
    ),
  ];
};

/** Stages on one local network of which the short form makes nothing. */
export const localStages = (): void => {
  longStage('names multicast DNS that fails, beside a relay', async () => {
    const { laptop, phone, relay } = await oneLan(['laptop', 'phone', 'relay']).then(untilTestEnds);
    const { url } = await relayOn(relay);
    const pair = await pairInLab([laptop, phone], ['--relay', url]);
    await nameFaults(pair, mdnsFaults(pair, { laptop, phone }));
  });

  longStage('names a device that has told no relay', async () => {
    const { laptop, phone, relay } = await oneLan(['laptop', 'phone', 'relay']).then(untilTestEnds);
    const { url } = await relayOn(relay);
    const pair = await pairInLab([laptop, phone], [], {
      ofHere: { options: ['--relay', url] },
      ofThere: { options: ['--relay', 'http://10.77.0.99:3340/'] },
    });
    await nameFaults(pair, [
      {
        make: async () => {
          await pair.toldFacts();
          await phone.unplug();
        },
        undo: recoverThere(pair, phone).plug,
        expected: [
          {
            fault: 'the peer never had a relay, and its cable is pulled',
            cause: 'offline-relays-down-there',
            side: 'there',
          },
        ],
      },
    ]);
  });

  longStage('names networks of one family each', async () => {
    const { laptop, phone, relay } = await oneLan(['laptop', 'phone', 'relay']).then(untilTestEnds);
    await giveIpv6(relay, { address: 'fd77::3' });
    await giveIpv6(phone, { address: 'fd77::2', isAlone: true });
    const hostsFile = join(temporaryFolder(), 'hosts');
    writeFileSync(hostsFile, `127.0.0.1 localhost\n${relay.address} relay.lab\nfd77::3 relay.lab\n`);
    await relayOn(relay, ['--bind', '::', '--public-host', 'relay.lab']);
    const within = knowing(hostsFile);
    const pair = await pairInLab([laptop, phone], ['--relay', 'http://relay.lab:3340/', '--no-mdns'], {
      ofHere: { within },
      ofThere: { within },
    });
    const cause = 'relayed-no-common-family';
    await nameFaults(pair, [
      {
        make: pair.connected,
        undo: async () => undefined,
        expected: [
          { fault: 'IPv4 alone here, IPv6 alone there', cause, side: 'between' },
          { fault: 'IPv6 alone here, IPv4 alone there', asked: 'there', cause, side: 'between' },
        ],
      },
    ]);
  });

  longStage('names link-local addresses alone', async () => {
    const { laptop, phone } = await buildTopology({ kind: 'lan', family: 'ipv6', hosts: ['laptop', 'phone'] }).then(
      untilTestEnds,
    );
    const pair = await pairInLab([laptop, phone], ['--relay', 'disabled']);
    await nameFaults(pair, [
      {
        make: () => phone.run('ip', '-6', 'address', 'flush', 'dev', 'eth0', 'scope', 'global'),
        undo: async () => {
          await phone.run('ip', 'address', 'add', 'fd77::2/64', 'dev', 'eth0', 'nodad');
          await pair.connected();
        },
        expected: [
          {
            fault: 'this device has link-local addresses alone',
            asked: 'there',
            cause: 'offline-link-local-only',
            side: 'here',
          },
        ],
      },
    ]);
  });
};
