import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTopology, type LabHost, oneLan } from '@bowline/testing/network-lab';
import { expect, vi } from 'vitest';
import { conversationWith, relayOn, untilTestEnds } from '../lab-devices.ts';
import { giveIpv6 } from '../support/give-ipv6.ts';
import { isConnected, temporaryFolder } from '../two-devices.ts';
import { allowAllAt } from './blocked-udp.ts';
import { captiveRouter } from './captive-router.ts';
import { type Expectation, type Fault, longStage, nameFaults } from './fault-lab.ts';
import { type PairInLab, pairInLab } from './pair-in-lab.ts';
import { recoverThere } from './recover-there.ts';

const NOTHING = async (): Promise<void> => undefined;

/** The line to the internet is dead, behind a router that stands. */
const LINE_DOWN = 'ip link set dev wan down';
const LINE_UP = 'ip link set dev wan up\nip route replace default via 198.51.100.254';

/** A VPN whose other end answers no more, and that takes whatever leaves the network. */
const VPN = `ip link add vpn0 type veth peer name vpn1
ip link set dev vpn0 arp off
ip address add 10.8.0.2/24 dev vpn0
ip link set dev vpn0 up
ip link set dev vpn1 up
ip route replace default dev vpn0`;

/** More than the packets of which a share is told; each ping and its answer are one at least. */
const PINGS = 250;

/** Enough to be certain of how answers are spread. */
const SOME_PINGS = 40;

/** So much goes by TCP where it can, bytes. */
const LARGE_BYTES = 3_000_000;

const pingFrom = async ({ here }: PairInLab, pings: number): Promise<void> => {
  const daemon = await conversationWith(here);
  for (let count = 0; count < pings; count += 1) await daemon.request('ping', { device: 'phone' });
};

const isDirect = (pair: PairInLab) =>
  Promise.all(
    [pair.here, pair.there].map((device) =>
      device.statusWhere(({ peers }) => peers.some(({ path }) => path === 'direct')),
    ),
  );

/** What people do with their devices, and what befalls their networks meanwhile. */
const everyday = (): void =>
  longStage('names what befalls two devices that move, sleep, and are in networks of others', async () => {
    const room = await buildTopology({
      kind: 'homes',
      homes: [{ hosts: ['laptop'] }, { hosts: ['phone'] }, { hosts: [] }],
      internet: ['relay', 'second', 'portal'],
    });
    const { laptop, phone, portal, ...hosts } = untilTestEnds(room);
    const relays = [await relayOn(hosts.relay), await relayOn(hosts.second)] as const;
    const pair = await pairInLab([laptop, phone], [...relays.flatMap(({ url }) => ['--relay', url]), '--no-mdns']);
    const { here, there, connected } = pair;
    const { wake, plug } = recoverThere(pair, phone);
    const { enclose, signIn } = captiveRouter(room, 0, portal);
    const vpn = {
      up: () => laptop.run('sh', '-ec', VPN),
      down: async () => {
        await laptop.run('ip', 'link', 'del', 'vpn0');
        await laptop.run('ip', 'route', 'replace', 'default', 'via', '192.168.1.1');
      },
    };
    const direct: Pick<Expectation, 'cause' | 'side'> = { cause: 'direct-internet', side: null };
    const noInternet: Pick<Expectation, 'cause' | 'side'> = { cause: 'offline-no-internet', side: 'here' };
    await isDirect(pair);
    await nameFaults(pair, [
      {
        make: async () => {
          await phone.signalAll('SIGSTOP');
          await here.statusWhere((status) => !isConnected(status));
          await wake();
        },
        undo: NOTHING,
        expected: [{ fault: 'none: the peer slept, and is awake again', ...direct }],
      },
      {
        make: async () => {
          await room.move('phone', 2);
          await connected();
        },
        undo: async () => {
          await room.move('phone', 1);
          await connected();
        },
        expected: [
          { fault: 'none: the peer has moved to another network', ...direct },
          { fault: 'none: this device has moved to another network', asked: 'there', ...direct },
        ],
      },
      {
        make: async () => {
          await enclose();
          await room.move('phone', 2);
        },
        undo: async () => {
          await signIn();
          await room.move('phone', 1);
          await connected();
        },
        expected: [
          {
            fault: 'the network wants a sign-in first, and the peer has moved to another one',
            cause: 'offline-captive-network',
            side: 'here',
          },
          {
            fault: 'this device has moved to another network, and the peer’s wants a sign-in first',
            asked: 'there',
            cause: 'offline-away',
            side: 'there',
          },
        ],
      },
      {
        make: vpn.up,
        undo: async () => {
          await vpn.down();
          await connected();
        },
        expected: [
          { fault: 'a VPN takes the default route, and leads nowhere', ...noInternet },
          {
            fault: 'the peer’s VPN takes the default route, and leads nowhere',
            asked: 'there',
            cause: 'offline-away',
            side: 'there',
          },
        ],
      },
      {
        make: async () => {
          await phone.signalAll('SIGSTOP');
          await vpn.up();
        },
        undo: async () => {
          await vpn.down();
          await wake();
        },
        expected: [{ fault: 'a VPN takes the default route and leads nowhere, and the peer is asleep', ...noInternet }],
      },
      {
        make: async () => {
          await phone.signalAll('SIGSTOP');
          await room.atRouter(0, LINE_DOWN);
        },
        undo: async () => {
          await room.atRouter(0, LINE_UP);
          await wake();
        },
        expected: [{ fault: 'the line of the router is dead, and the peer is asleep', ...noInternet }],
      },
      {
        make: async () => {
          await isDirect(pair);
          relays[0].freeze();
        },
        undo: async () => {
          relays[0].thaw();
          await connected();
        },
        expected: [{ fault: 'none: one of two relays hangs, and the connection is direct', ...direct }],
      },
      {
        make: async () => {
          relays[1].freeze();
          await phone.signalAll('SIGSTOP');
        },
        undo: async () => {
          relays[1].thaw();
          await wake();
        },
        expected: [{ fault: 'the peer is asleep, and one of two relays hangs', cause: 'offline-away', side: 'there' }],
      },
      {
        make: async () => {
          await isDirect(pair);
          await Promise.all(relays.map((relay) => relay.kill()));
        },
        undo: async () => {
          await Promise.all(relays.map((relay) => relay.start()));
          await connected();
        },
        expected: [{ fault: 'none: both relays are killed, and the connection is direct', ...direct }],
      },
      {
        make: async () => {
          await laptop.unplug();
          await phone.unplug();
        },
        undo: async () => {
          await laptop.plug();
          await plug();
        },
        expected: [
          { fault: 'the cables of both are pulled', cause: 'offline-no-network', side: 'here' },
          {
            fault: 'the cables of both are pulled, asked there',
            asked: 'there',
            cause: 'offline-no-network',
            side: 'here',
          },
        ],
      },
      {
        make: async () => {
          await there.daemon().end();
          await room.atRouter(0, LINE_DOWN);
        },
        undo: async () => {
          await room.atRouter(0, LINE_UP);
          await recoverThere(pair, phone).start();
        },
        expected: [
          {
            fault: 'the peer is shut down, and the line of the router is dead',
            cause: 'offline-goodbye',
            side: 'there',
          },
        ],
      },
    ]);
  });

/** One network, on which one thing works and another does not. */
const oneNetwork = (): void =>
  longStage('names what two devices on one network have, and have not', async () => {
    const hosts = await oneLan(['laptop', 'phone', 'relay']).then(untilTestEnds);
    const { laptop, phone } = hosts;
    await Promise.all([giveIpv6(laptop, { address: 'fd77::1' }), giveIpv6(phone, { address: 'fd77::2' })]);
    const { url } = await relayOn(hosts.relay);
    const pair = await pairInLab([laptop, phone], ['--relay', url]);
    const folder = temporaryFolder();
    const [file, inbox] = [join(folder, 'large'), join(folder, 'inbox')];
    mkdirSync(inbox);
    await pair.there.run('receive', inbox, '--from', 'laptop');
    /** Until TCP was tried from both sides, and nothing came of it. */
    const pushUntilBlocked = async (): Promise<void> => {
      const absences = async () => {
        writeFileSync(file, randomBytes(LARGE_BYTES));
        await pair.here.run('push', file, 'phone');
        return (await pair.here.status()).peers.map(({ tcpAbsence }) => tcpAbsence);
      };
      await vi.waitFor(async () => expect(await absences()).toEqual(['blocked']), { timeout: 60_000, interval: 1_000 });
    };
    const firewall = (rule: string, ...at: readonly LabHost[]) => ({
      up: () => Promise.all(at.map((host) => host.run('nft', `table inet lab { ${rule}; }`))),
      down: async () => {
        await Promise.all(at.map(allowAllAt));
      },
    });
    const on = (rule: { up(): Promise<unknown>; down(): Promise<void> }, fault: string): Fault => ({
      make: () => pair.restarted(rule.up),
      undo: rule.down,
      expected: [{ fault, cause: 'direct-lan', side: null }],
    });
    const noTcp = (rule: { up(): Promise<unknown>; down(): Promise<void> }, fault: string, says: string): Fault => ({
      make: async () => {
        await pair.restarted(rule.up);
        await isDirect(pair);
        await pushUntilBlocked();
      },
      undo: rule.down,
      expected: [
        { fault, isBeside: true, cause: 'slow-tcp-blocked', side: 'between', says },
        { fault: `${fault}, asked there`, asked: 'there', isBeside: true, cause: 'slow-tcp-blocked', side: 'between' },
      ],
    });
    const IN = 'chain in { type filter hook input priority 0; iifname != "lo"';
    await nameFaults(pair, [
      on(
        firewall(`${IN} meta nfproto ipv6 meta l4proto udp drop; }`, phone),
        'none: IPv6 is broken on the local network, and IPv4 works',
      ),
      on(
        firewall(`${IN} meta nfproto ipv6 meta length > 1000 drop; }`, phone),
        'none: large packets of IPv6 vanish on the local network, and IPv4 works',
      ),
      on(
        {
          up: () => laptop.run('sh', '-ec', VPN),
          down: async () => void (await laptop.run('ip', 'link', 'del', 'vpn0')),
        },
        'none: a VPN takes the default route, and the peer is on this network',
      ),
      noTcp(
        firewall(`${IN} meta l4proto tcp ct state new drop; }`, laptop, phone),
        'firewalls here and there let no TCP in',
        'gets no answer, and one from phone to this device gets no answer',
      ),
      noTcp(
        firewall(
          `${IN} meta l4proto tcp tcp sport != 3340 reject with tcp reset; }; chain out { type filter hook output priority 0; oifname != "lo" meta l4proto tcp tcp dport != 3340 ct state new drop; }`,
          phone,
        ),
        'a firewall there lets no TCP through',
        'is refused',
      ),
    ]);
  });

/** Two things that are wrong with one path. */
const twofold = (): void => {
  longStage('names a long way that loses packets', async () => {
    const hosts = await buildTopology({
      kind: 'homes',
      homes: [{ hosts: ['laptop'], leg: { delayMs: 220, lossRatio: 0.06 } }, { hosts: ['phone'] }],
      internet: ['relay'],
    }).then(untilTestEnds);
    const { url } = await relayOn(hosts.relay);
    const pair = await pairInLab([hosts.laptop, hosts.phone], ['--relay', url, '--no-mdns']);
    await isDirect(pair);
    const daemon = await conversationWith(pair.here);
    await nameFaults(pair, [
      {
        make: async () => {
          for (let count = 0; count < PINGS; count += 10)
            await Promise.all(Array.from({ length: 10 }, () => daemon.request('ping', { device: 'phone' })));
        },
        undo: NOTHING,
        expected: [
          { fault: 'the path loses packets, and it is long', isBeside: true, cause: 'slow-loss', side: 'between' },
          { fault: 'the path is long, and it loses packets', isBeside: true, cause: 'slow-answers', side: 'between' },
        ],
      },
    ]);
  });

  longStage('names symmetric NATs, and a radio behind one of them', async () => {
    const hosts = await buildTopology({
      kind: 'homes',
      homes: [
        { hosts: ['laptop'], nat: 'symmetric', leg: { delayMs: 10, jitterMs: 90 } },
        { hosts: ['phone'], nat: 'symmetric' },
      ],
      internet: ['relay'],
    }).then(untilTestEnds);
    const { url } = await relayOn(hosts.relay);
    const pair = await pairInLab([hosts.laptop, hosts.phone], ['--relay', url, '--no-mdns']);
    await nameFaults(pair, [
      {
        make: () => pingFrom(pair, SOME_PINGS),
        undo: NOTHING,
        expected: [
          { fault: 'symmetric NATs, and answers come unevenly', cause: 'relayed-symmetric-nat', side: 'both' },
          {
            fault: 'answers come unevenly, and the NATs are symmetric',
            isBeside: true,
            cause: 'slow-jitter',
            side: 'between',
          },
        ],
      },
    ]);
  });
};

/** Situations that people meet, of which the short form makes none. */
export const everydayStages = (): void => {
  everyday();
  oneNetwork();
  twofold();
};
