import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { buildTopology, type LabHost, twoHomes } from '@bowline/testing/network-lab';
import { conversationWith, relayOn, untilTestEnds } from '../lab-devices.ts';
import { temporaryFolder } from '../two-devices.ts';
import { allowAllAt, blockUdpAt, letInAlone } from './blocked-udp.ts';
import { certificateStage } from './certificate-faults.ts';
import { longStage, nameFaults } from './fault-lab.ts';
import { type PairInLab, pairInLab } from './pair-in-lab.ts';
import { PROXY_PORT, passingProxy, proxyFaults } from './proxy-faults.ts';
import { releaseFaults } from './release-faults.ts';
import { serveOn } from './serve-on.ts';
import { slowFaults } from './slow-faults.ts';
import { smallDisk } from './small-disk.ts';
import { trustFaults } from './trust-faults.ts';
import { twoRelayFaults } from './two-relay-faults.ts';

const NOTHING = async (): Promise<void> => undefined;

const options = (...urls: readonly string[]): readonly string[] => [
  ...urls.flatMap((url) => ['--relay', url]),
  '--no-mdns',
];

/** More than the packets of which a share is told; each ping and its answer are one at least. */
const PINGS = 250;

/** A way to a relay on the same host that is long: what comes on the port of relays arrives late, in both directions. */
const LONG_WAY = `const net = require('node:net');
const late = (from, to) => { from.on('data', (data) => setTimeout(() => to.write(data), 60)); from.on('close', () => to.destroy()); from.on('error', () => {}); };
net.createServer((near) => { const far = net.connect(3341, '127.0.0.1'); late(near, far); late(far, near); }).listen(3340, () => process.stdout.write('listening'));`;

/** The lab's internet has addresses for documentation, which no device takes for public: this one could be anybody's. */
const PUBLIC_ADDRESS = '203.0.114.5/32';
const AT_PUBLIC_ADDRESS = `ip address flush dev eth0
ip address add ${PUBLIC_ADDRESS} dev eth0
ip route add 198.51.100.0/24 dev eth0
ip route add default via 198.51.100.254 dev eth0`;
const TO_PUBLIC_ADDRESS = (interfaceName: string): string => `ip route add ${PUBLIC_ADDRESS} dev ${interfaceName}`;

/** Two devices that know one relay, which is started for them. */
const pairByRelay = async (hosts: Readonly<Record<'laptop' | 'phone' | 'relay', LabHost>>): Promise<PairInLab> => {
  const { url } = await relayOn(hosts.relay);
  return pairInLab([hosts.laptop, hosts.phone], options(url));
};

/** Stages of which the short form makes nothing. */
export const longStages = (): void => {
  longStage('names what keeps a device from all of its relays', async () => {
    const room = await twoHomes({ homes: [['laptop'], ['phone']], internet: ['relay', 'second', 'portal'] });
    untilTestEnds(room);
    const { laptop, phone, relay, second } = room.hosts;
    await blockUdpAt(laptop);
    const relays = [await relayOn(relay), await relayOn(second)] as const;
    const pair = await pairInLab([laptop, phone], options(...relays.map(({ url }) => url)));
    await nameFaults(pair, twoRelayFaults({ pair, room, relays }));
  });

  longStage('names what befalls a proxy', async () => {
    const {
      laptop,
      phone,
      relay: middle,
      proxy,
    } = await twoHomes({
      homes: [['laptop'], ['phone']],
      internet: ['relay', 'proxy'],
    }).then(untilTestEnds);
    await blockUdpAt(laptop);
    const [relay, end] = [await relayOn(middle), await passingProxy(proxy)];
    const within = ['env', `HTTPS_PROXY=http://${proxy.address}:${PROXY_PORT}`];
    const pair = await pairInLab([laptop, phone], options(relay.url), { ofHere: { within } });
    await nameFaults(pair, proxyFaults({ pair, relay, proxy }, end));
  });

  longStage('names what one device does with the other, and copies of it', async () => {
    const { laptop, phone, elsewhere, relay } = await twoHomes({
      homes: [['laptop'], ['phone', 'elsewhere']],
      internet: ['relay'],
    }).then(untilTestEnds);
    const { url } = await relayOn(relay);
    const folder = temporaryFolder();
    const unpaired = join(folder, 'unpaired');
    const pair = await pairInLab([laptop, phone], options(url), {
      ofHere: { folder },
      ofThere: { folder },
      beforeTheyPair: ({ dataDir }) => cpSync(dataDir, unpaired, { recursive: true }),
    });
    await nameFaults(pair, [
      ...trustFaults({ pair, elsewhere, options: options(url), folder, unpaired }),
      ...releaseFaults({ pair, hosts: { laptop, phone }, options: options(url), folder }),
    ]);
  });

  longStage('names relays that take the token of one device alone', async () => {
    const room = await twoHomes({ homes: [['laptop', 'phone'], []], internet: ['relay', 'second'] });
    const { laptop, phone, relay, second } = untilTestEnds(room);
    // Once it was away, each knows where the other one was seen then, and would punch through to it.
    await room.setNat(['symmetric', 'symmetric']);
    const stage = async (host: typeof relay, token: string) => {
      const { url } = await relayOn(host, ['--token', token]);
      return { options: ['--relay', url], within: ['env', `BOWLINE_RELAY_TOKEN=${token}`] };
    };
    const [ofHere, ofThere] = [await stage(relay, 'here'), await stage(second, 'there')];
    const pair = await pairInLab([laptop, phone], [], { ofHere, ofThere });
    const cause = 'offline-their-relay-refuses';
    await nameFaults(pair, [
      {
        make: () => room.move('phone', 1),
        undo: async () => {
          await room.move('phone', 0);
          await pair.connected();
        },
        expected: [
          { fault: 'the peer is away, and its relay wants a token', cause, side: 'here' },
          { fault: 'this device is away, and the peer’s relay wants a token', asked: 'there', cause, side: 'here' },
        ],
      },
    ]);
  });

  longStage('names certificates of relays that are not trusted, or not valid yet', async () => {
    const { laptop, phone, relay, second } = await twoHomes({
      homes: [['laptop'], ['phone']],
      internet: ['relay', 'second'],
    }).then(untilTestEnds);
    await blockUdpAt(laptop);
    const stage = await certificateStage([relay, second]);
    const pair = await pairInLab([laptop, phone], stage.options);
    await nameFaults(pair, stage.faults(pair));
  });

  longStage('names a firewall before a device with a public address', async () => {
    const room = await buildTopology({ kind: 'homes', homes: [{ hosts: ['laptop'] }], internet: ['phone', 'relay'] });
    const { laptop, phone, relay: middle } = untilTestEnds(room);
    await Promise.all([
      phone.run('sh', '-ec', AT_PUBLIC_ADDRESS),
      middle.run('sh', '-ec', TO_PUBLIC_ADDRESS('eth0')),
      room.atRouter(0, TO_PUBLIC_ADDRESS('wan')),
    ]);
    const pair = await pairByRelay({ laptop, phone, relay: middle });
    await nameFaults(pair, [
      {
        make: pair.connected,
        undo: NOTHING,
        expected: [{ fault: 'none: one home, and a device without a NAT', cause: 'direct-internet', side: null }],
      },
      {
        make: () => pair.restarted(() => letInAlone(phone, middle.address)),
        undo: () => pair.restarted(() => allowAllAt(phone)),
        expected: [
          { fault: 'a firewall in front of the peer', cause: 'relayed-firewall', side: 'there' },
          { fault: 'a firewall in front of this device', asked: 'there', cause: 'relayed-firewall', side: 'here' },
        ],
      },
    ]);
  });

  longStage('names routers that let no packet through', async () => {
    const room = await twoHomes({ homes: [['laptop'], ['phone']], internet: ['relay'] });
    const { laptop, phone, relay: middle } = untilTestEnds(room);
    const pair = await pairByRelay({ laptop, phone, relay: middle });
    const apart = `nft 'table ip apart { chain passing { type filter hook forward priority 0; meta l4proto udp ip daddr != ${middle.address} oifname "wan" drop; }; }'`;
    await nameFaults(pair, [
      {
        make: () => pair.restarted(() => room.atRouter(0, apart)),
        undo: () => pair.restarted(() => room.atRouter(0, 'nft delete table ip apart')),
        expected: [
          { fault: 'a router lets UDP out to the relay alone', cause: 'relayed-punch-failed', side: 'between' },
        ],
      },
    ]);
  });

  longStage('names a direct path over IPv6', async () => {
    const hosts = await buildTopology({
      kind: 'homes',
      family: 'ipv6',
      homes: [{ hosts: ['laptop'] }, { hosts: ['phone'] }],
      internet: ['relay'],
    }).then(untilTestEnds);
    const pair = await pairByRelay(hosts);
    await nameFaults(pair, [
      {
        make: pair.connected,
        undo: NOTHING,
        expected: [{ fault: 'none: two homes with IPv6 alone', cause: 'direct-internet', side: null }],
      },
    ]);
  });

  longStage('names a path that loses packets', async () => {
    const hosts = await buildTopology({
      kind: 'homes',
      homes: [{ hosts: ['laptop'], leg: { delayMs: 1, lossRatio: 0.1 } }, { hosts: ['phone'] }],
      internet: ['relay'],
    }).then(untilTestEnds);
    const pair = await pairByRelay(hosts);
    await pair.here.statusWhere(({ peers }) => peers.some(({ path }) => path === 'direct'));
    const daemon = await conversationWith(pair.here);
    await nameFaults(pair, [
      {
        make: async () => {
          for (let count = 0; count < PINGS; count += 1) await daemon.request('ping', { device: 'phone' });
        },
        undo: NOTHING,
        expected: [
          { fault: 'the path loses packets', isBeside: true, cause: 'slow-loss', side: 'between', says: 'both ways' },
          {
            fault: 'the path loses packets, asked there',
            asked: 'there',
            isBeside: true,
            cause: 'slow-loss',
            side: 'between',
            says: 'both ways',
          },
        ],
      },
    ]);
  });

  longStage('names what makes a connection slow', async () => {
    const { laptop, phone, far, near } = await twoHomes({
      homes: [['laptop'], ['phone']],
      internet: ['far', 'near'],
    }).then(untilTestEnds);
    await blockUdpAt(laptop);
    const slow = await relayOn(far, ['--port', '3341', '--public-host', `${far.address}:3340`]);
    const relays = [slow, await relayOn(near)] as const;
    await serveOn(far, LONG_WAY);
    const disk = smallDisk(16);
    const pair = await pairInLab([laptop, phone], options(relays[1].url), { ofThere: { folder: disk.folder } });
    await nameFaults(pair, slowFaults({ pair, relays, disk, folder: temporaryFolder() }));
  });
};
