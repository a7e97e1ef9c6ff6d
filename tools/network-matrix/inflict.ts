import type { Lab } from './lab.ts';
import type { LabFault } from './scenario.ts';

/** A fault that is there, and its end. */
export interface InflictedFault {
  /** Waited for before it ends, milliseconds. */
  readonly awayMs: number;
  readonly end: () => Promise<void>;
  /** Whether the ending itself counts: otherwise what follows is measured from when it is over, as when a relay listens again. */
  readonly isEndMeasured: boolean;
}

/** Where each device is at home, and the other place it roams to; the next time it comes back. */
const ROAMING = { laptop: [0, 2], phone: [1, 3] } as const;

const roam = async ({ room, homes }: Lab, name: 'laptop' | 'phone'): Promise<void> => {
  const [home, other] = ROAMING[name];
  const next = homes.get(name) === home ? other : home;
  homes.set(name, next);
  await room.move(name, next);
};

/** Between the loss of one network and the address in the next, milliseconds. */
const BETWEEN_NETWORKS_MS = 300;

/** To another address of the LAN and back; the first of two of one network would take the second with it. */
const NEW_ADDRESS = `
if ip -4 address show dev eth0 | grep -qF 10.77.0.1/; then from=1 to=77; else from=77 to=1; fi
ip address del 10.77.0.$from/24 dev eth0
ip address add 10.77.0.$to/24 dev eth0`;

const CAPTIVE_PORT = 8_090;

/** What is under way is cut; whatever begins, by name or address, ends at the router's own page. */
const CAPTIVE_SCRIPT = `
ss -Hltn | grep -q :${CAPTIVE_PORT} ||
  setsid ${process.execPath} -e "require('node:http').createServer((_, a) => a.end('<h1>Welcome</h1>')).listen(${CAPTIVE_PORT})" >/dev/null 2>&1 &
nft 'table inet captive {
  chain arriving { type nat hook prerouting priority -100; iifname "lan" meta l4proto tcp redirect to :${CAPTIVE_PORT}; }
  chain passing { type filter hook forward priority -1; iifname "lan" drop; }
}'`;

/** Lets a fault happen. */
export const inflict = async (lab: Lab, fault: LabFault): Promise<InflictedFault> => {
  const { room, devices, relay } = lab;
  const [laptop, phone] = devices;
  const ends = (awayMs: number, end: () => Promise<void>, isEndMeasured = true): InflictedFault => ({
    awayMs,
    end,
    isEndMeasured,
  });
  switch (fault.kind) {
    case 'cable':
      await laptop.host.unplug();
      return ends(fault.awayMs, laptop.host.plug);
    case 'outage':
      await room.darken();
      return ends(fault.awayMs, room.lighten);
    case 'relayRestart':
      if (relay === null) throw new RangeError('there is no relay to restart');
      await relay.kill();
      return ends(fault.awayMs, relay.start, false);
    case 'roam': {
      const roaming = fault.who === 'both' ? (['laptop', 'phone'] as const) : (['laptop'] as const);
      await Promise.all(roaming.map((name) => room.hosts[name].unplug()));
      return ends(
        BETWEEN_NETWORKS_MS,
        () => Promise.all(roaming.map((name) => roam(lab, name))).then(() => undefined),
        false,
      );
    }
    case 'sleep':
      await phone.host.signalAll('SIGSTOP');
      return ends(fault.awayMs, () => phone.host.signalAll('SIGCONT'));
    case 'death':
      await phone.kill();
      // Not waited for: it says by itself when it can be reached.
      return ends(0, async () => {
        lab.irohPair?.restart().catch(() => undefined);
        await phone.start();
      });
    case 'newAddress':
      // An answer on the old address, before it is gone, is none.
      return ends(0, () => laptop.host.run('sh', '-ec', NEW_ADDRESS).then(() => undefined), false);
    case 'captive':
      await room.atRouter(0, CAPTIVE_SCRIPT);
      return ends(fault.awayMs, () => room.atRouter(0, 'nft delete table inet captive').then(() => undefined));
    case 'silentPathDeath':
      return ends(0, room.blockUdp);
    case 'udpAway':
      await room.blockUdp();
      return ends(fault.awayMs, room.allowUdp);
  }
};
