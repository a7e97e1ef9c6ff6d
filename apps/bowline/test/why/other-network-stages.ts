import { buildTopology, type LabHost, oneLan, twoHomes } from '@bowline/testing/network-lab';
import { conversationWith, relayOn, untilTestEnds } from '../lab-devices.ts';
import { giveIpv6 } from '../support/give-ipv6.ts';
import { type Fault, longStage, nameFaults } from './fault-lab.ts';
import { type PairInLab, pairInLab } from './pair-in-lab.ts';
import { behindFirewall, keepFromRelays } from './stand-in-faults.ts';

const NOTHING = async (): Promise<void> => undefined;

type Hosts = Readonly<Record<'laptop' | 'phone' | 'relay', LabHost>>;

const pairBy = async ({ laptop, phone, relay }: Hosts, options: readonly string[] = []): Promise<PairInLab> => {
  const { url } = await relayOn(relay, options);
  return pairInLab([laptop, phone], ['--relay', url, '--no-mdns']);
};

/** What is there from the beginning. */
const asItIs = (pair: PairInLab, expected: Fault['expected']): Fault => ({
  make: pair.connected,
  undo: NOTHING,
  expected,
});

/** More than the packets of which a share is told; each ping and its answer are one at least. */
const PINGS = 250;

/** A router that loses some of what one home sends, and nothing of what comes back. */
const LOSSY = `nft 'table ip lossy { chain passing { type filter hook forward priority 0; iifname "lan" meta l4proto udp numgen random mod 100 < 15 drop; }; }'`;

/** Gives a host IPv4 in the place of its IPv6. */
const IPV4_ALONE = `ip -6 address flush dev eth0 scope global
ip address add 10.77.0.2/24 dev eth0`;

/** A port below those that firewalls often close. */
const LOW_PORT = '443';

/** Networks that are otherwise than most, of which the short form makes nothing. */
export const otherNetworkStages = (): void => {
  longStage('names firewalls that are particular about UDP, and a line that loses packets one way', async () => {
    const room = await twoHomes({ homes: [['laptop'], ['phone']], internet: ['relay'] });
    const { laptop, phone, relay } = untilTestEnds(room);
    const pair = await pairBy({ laptop, phone, relay }, ['--observer-port', LOW_PORT]);
    const relayOutOfReach = keepFromRelays(pair, laptop, 'drop', [
      {
        fault: 'none: the relay is out of reach here, and the connection is direct',
        cause: 'direct-internet',
        side: null,
      },
    ]);
    await nameFaults(pair, [
      {
        make: async () => {
          await pair.here.statusWhere(({ peers }) => peers.some(({ path }) => path === 'direct'));
          await relayOutOfReach.make();
        },
        undo: relayOutOfReach.undo,
        expected: relayOutOfReach.expected,
      },
      {
        make: async () => {
          await room.atRouter(0, LOSSY);
          // Other faults of this stage start the daemon anew.
          const daemon = await conversationWith(pair.here);
          for (let count = 0; count < PINGS; count += 1) await daemon.request('ping', { device: 'phone' });
        },
        undo: () => room.atRouter(0, 'nft delete table ip lossy'),
        expected: [
          {
            fault: 'the path loses packets on the way there alone',
            isBeside: true,
            cause: 'slow-loss',
            side: 'between',
            says: 'on the way from this device to phone (',
          },
          {
            fault: 'the path loses packets on the way here alone',
            asked: 'there',
            isBeside: true,
            cause: 'slow-loss',
            side: 'between',
            says: 'on the way from laptop to this device (',
          },
        ],
      },
      behindFirewall(pair, laptop, 'oifname != "lo" meta l4proto udp reject', [
        { fault: 'a firewall here rejects UDP', cause: 'relayed-udp-blocked', side: 'here' },
        { fault: 'a firewall there rejects UDP', asked: 'there', cause: 'relayed-udp-blocked', side: 'there' },
      ]),
      behindFirewall(pair, laptop, 'oifname != "lo" udp dport > 1023 drop', [
        { fault: 'a firewall here lets UDP out to low ports alone', cause: 'relayed-punch-failed', side: 'between' },
      ]),
    ]);
  });

  longStage('names a line on which large packets vanish', async () => {
    const hosts = await buildTopology({
      kind: 'homes',
      homes: [{ hosts: ['laptop'], mtuBytes: 1_000 }, { hosts: ['phone'] }],
      internet: ['relay'],
    }).then(untilTestEnds);
    const pair = await pairBy(hosts);
    await nameFaults(pair, [
      asItIs(pair, [
        { fault: 'large packets vanish on this device’s line', cause: 'relayed-udp-blocked', side: 'here' },
        {
          fault: 'large packets vanish on the peer’s line',
          asked: 'there',
          cause: 'relayed-udp-blocked',
          side: 'there',
        },
      ]),
    ]);
  });

  longStage('names a long way', async () => {
    const hosts = await buildTopology({
      kind: 'homes',
      homes: [{ hosts: ['laptop'], leg: { delayMs: 300, jitterMs: 50 } }, { hosts: ['phone'] }],
      internet: ['relay'],
    }).then(untilTestEnds);
    const pair = await pairBy(hosts);
    const cause = 'slow-answers';
    await nameFaults(pair, [
      asItIs(pair, [
        { fault: 'answers take long, as by satellite', isBeside: true, cause, side: 'between' },
        {
          fault: 'answers take long, as by satellite, asked there',
          asked: 'there',
          isBeside: true,
          cause,
          side: 'between',
        },
      ]),
    ]);
  });

  longStage('names homes with the same addresses, one behind its provider’s NAT', async () => {
    const hosts = await buildTopology({
      kind: 'homes',
      homes: [
        { hosts: ['laptop'], number: 1 },
        { hosts: ['phone'], number: 1, isBehindCarrier: true },
      ],
      internet: ['relay'],
    }).then(untilTestEnds);
    const pair = await pairBy(hosts);
    await nameFaults(pair, [
      asItIs(pair, [
        { fault: 'none: two homes with the same addresses, one behind two NATs', cause: 'direct-internet', side: null },
      ]),
    ]);
  });

  longStage('names two devices on one machine', async () => {
    const { laptop, relay } = await oneLan(['laptop', 'relay']).then(untilTestEnds);
    const pair = await pairBy({ laptop, phone: { ...laptop, name: 'phone' }, relay });
    await nameFaults(pair, [asItIs(pair, [{ fault: 'none: one machine', cause: 'direct-same-machine', side: null }])]);
  });

  longStage('names a relay of another family than the network', async () => {
    const hosts = await oneLan(['laptop', 'phone', 'relay']).then(untilTestEnds);
    const { laptop } = hosts;
    const pair = await pairBy(hosts);
    await nameFaults(pair, [
      {
        make: () => giveIpv6(laptop, { address: 'fd77::2', isAlone: true }),
        undo: async () => {
          await laptop.run('ip', 'address', 'add', `${laptop.address}/24`, 'dev', 'eth0');
          await laptop.run('ip', '-6', 'address', 'flush', 'dev', 'eth0', 'scope', 'global');
          await pair.connected();
        },
        expected: [
          { fault: 'this device has IPv6 alone, and its relay IPv4', cause: 'offline-no-route', side: 'here' },
          {
            fault: 'the peer has IPv6 alone, and its relay IPv4',
            asked: 'there',
            cause: 'offline-away',
            side: 'there',
          },
        ],
      },
    ]);
  });

  longStage('names a relay of IPv6 where a device has IPv4 alone', async () => {
    const hosts = await buildTopology({ kind: 'lan', family: 'ipv6', hosts: ['laptop', 'phone', 'relay'] }).then(
      untilTestEnds,
    );
    const { laptop } = hosts;
    const pair = await pairBy(hosts);
    await nameFaults(pair, [
      {
        make: () => laptop.run('sh', '-ec', IPV4_ALONE),
        undo: async () => {
          await laptop.run('ip', 'address', 'add', `${laptop.address}/64`, 'dev', 'eth0', 'nodad');
          await laptop.run('ip', '-4', 'address', 'flush', 'dev', 'eth0');
          await pair.connected();
        },
        expected: [
          { fault: 'this device has IPv4 alone, and its relay IPv6', cause: 'offline-no-route', side: 'here' },
          {
            fault: 'the peer has IPv4 alone, and its relay IPv6',
            asked: 'there',
            cause: 'offline-away',
            side: 'there',
          },
        ],
      },
    ]);
  });
};
