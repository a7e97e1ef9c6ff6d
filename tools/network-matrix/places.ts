import { fileURLToPath } from 'node:url';
import { type Room, switchRules } from '@bowline/testing/network-lab';
import type { LabInhabitant } from './lab.ts';
import type { LabPlace } from './scenario.ts';

const LAPTOP = { hosts: ['laptop'] } as const;
const PHONE = { hosts: ['phone'] } as const;
const BOTH = { hosts: ['laptop', 'phone'] } as const;

/** One switch and nothing else: no relay, no router. */
export const LAN: LabPlace = { name: 'LAN', topology: { kind: 'lan', ...BOTH } };

/** Two homes behind one NAT each, two more to roam to, and a relay between them. */
export const HOMES: LabPlace = {
  name: 'two homes',
  topology: { kind: 'homes', homes: [LAPTOP, PHONE, { hosts: [] }, { hosts: [] }], internet: ['relay'] },
};

const NO_UDP = { passesUdp: false } as const;

/** The same where no UDP gets out: everything goes through the relay. */
export const RELAYED: LabPlace = {
  name: 'two homes, UDP blocked',
  topology: {
    kind: 'homes',
    homes: [
      { ...LAPTOP, ...NO_UDP },
      { ...PHONE, ...NO_UDP },
      { hosts: [], ...NO_UDP },
      { hosts: [], ...NO_UDP },
    ],
    internet: ['relay'],
  },
};

export const LAN_IPV6_ONLY: LabPlace = { name: 'LAN, IPv6 only', topology: { kind: 'lan', family: 'ipv6', ...BOTH } };

/** The same as {@link RELAYED} with a second relay that both know. */
export const TWO_RELAYS: LabPlace = {
  name: 'two homes, UDP blocked, two relays',
  topology: {
    kind: 'homes',
    homes: [
      { ...LAPTOP, ...NO_UDP },
      { ...PHONE, ...NO_UDP },
    ],
    internet: ['relay', 'relay2'],
  },
};

const lanWithRelay = { kind: 'lan', hosts: ['laptop', 'phone', 'relay'] } as const;

export const LAN_WITH_RELAY: LabPlace = { name: 'LAN with a relay', topology: lanWithRelay };

export const LAN_WITHOUT_MDNS: LabPlace = {
  name: 'LAN with a relay, mDNS blocked',
  topology: { ...lanWithRelay, passesMdns: false },
};

/** One switch that, once the devices are paired, carries no multicast: nobody hears of the other but by a dial. */
export const LAN_UNHEARD: LabPlace = {
  name: 'LAN, no relay, mDNS blocked later',
  topology: { kind: 'lan', ...BOTH },
  afterPairing: async ({ atRouter }) => {
    await atRouter(0, switchRules({ passesMdns: false }));
  },
};

export const ISOLATED: LabPlace = {
  name: 'one network that keeps its devices apart',
  topology: { kind: 'homes', homes: [{ ...BOTH, isIsolated: true }], internet: ['relay'] },
};

type HomeTraits = Omit<Extract<LabPlace['topology'], { kind: 'homes' }>['homes'][number], 'hosts'>;

const homes = (name: string, laptop: HomeTraits, phone: HomeTraits): LabPlace => ({
  name: `two homes, ${name}`,
  topology: {
    kind: 'homes',
    homes: [
      { ...LAPTOP, ...laptop },
      { ...PHONE, ...phone },
    ],
    internet: ['relay'],
  },
});

export const ONE_NAT_EACH = homes('one NAT each', {}, {});
export const RENUMBERING = homes('NATs with ports of their own', { nat: 'renumbering' }, { nat: 'renumbering' });
export const DOUBLE_NAT = homes('double NAT', { isBehindCarrier: true }, { isBehindCarrier: true });
export const SYMMETRIC_HERE = homes('symmetric NAT on one side', { nat: 'symmetric' }, {});
export const SYMMETRIC_BOTH = homes('symmetric NAT on both sides', { nat: 'symmetric' }, { nat: 'symmetric' });
export const UDP_BLOCKED_HERE = homes('UDP blocked on one side', NO_UDP, {});
export const UDP_BLOCKED_BOTH = homes('UDP blocked on both sides', NO_UDP, NO_UDP);
export const SAME_ADDRESSES = homes('the same private addresses in both', { number: 1 }, { number: 1 });
export const SMALL_MTU = homes('packets of 1280 bytes at most', { mtuBytes: 1_280 }, {});
/** One way 25 ms on each line: 100 ms between the devices and back. */
const FAR = { leg: { delayMs: 25, jitterMs: 2, lossRatio: 0.02 } } as const;
export const FAR_AND_LOSSY = homes('100 ms apart, 2 % lost on each line', FAR, FAR);

export const IPV6_ONLY: LabPlace = {
  name: 'two homes, IPv6 only',
  topology: { kind: 'homes', family: 'ipv6', homes: [LAPTOP, PHONE], internet: ['relay'] },
};

const ROUTER = fileURLToPath(new URL('../../apps/bowline/test/support/mock-router.ts', import.meta.url));

/** The router of the phone opens ports when it is asked to; nothing else gets through two symmetric NATs. */
export const UPNP: LabPlace = {
  ...homes('symmetric NATs, one opens ports by UPnP', { nat: 'symmetric' }, { nat: 'symmetric' }),
  prepare: async ({ atRouter }) => {
    await atRouter(
      1,
      `inside=$(ip -4 -o address show dev lan | sed 's/.*inet \\([0-9.]*\\).*/\\1/')
outside=$(ip -4 -o address show dev wan | sed 's/.*inet \\([0-9.]*\\).*/\\1/')
setsid ${process.execPath} ${ROUTER} $inside upnp external=$outside >/dev/null 2>&1 &`,
    );
  },
};

const PROXY_PORT = 3_128;

/** Passes on what it is asked to by `CONNECT`, and nothing else. */
const PROXY = `
const net = require('node:net');
require('node:http').createServer((_, response) => response.writeHead(405).end())
  .on('connect', (request, socket, head) => {
    const [host, port] = request.url.split(':');
    const there = net.connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\\r\\n\\r\\n');
      there.write(head);
      socket.pipe(there).pipe(socket);
    });
    socket.on('error', () => there.destroy());
    there.on('error', () => socket.destroy());
  }).listen(${PROXY_PORT}, () => console.log('listens'));`;

const onlyThroughProxy = async ({ hosts, atRouter }: Room<LabInhabitant>): Promise<void> => {
  const proxy = hosts.proxy.spawn(process.execPath, ['-e', PROXY], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((resolve) => proxy.stdout?.once('data', resolve));
  for (const home of [0, 1]) {
    await atRouter(
      home,
      `nft 'table inet office { chain passing { type filter hook forward priority -1; iifname "lan" ip daddr ${hosts.proxy.address} tcp dport ${PROXY_PORT} accept; iifname "lan" drop; }; }'`,
    );
  }
};

export const PROXY_ONLY: LabPlace = {
  name: 'two offices, nothing but a proxy to a relay on port 443',
  topology: { kind: 'homes', homes: [LAPTOP, PHONE], internet: ['relay', 'proxy'] },
  relayPort: 443,
  environment: ({ hosts }) => ({ HTTPS_PROXY: `http://${hosts.proxy.address}:${PROXY_PORT}` }),
  prepare: onlyThroughProxy,
};
