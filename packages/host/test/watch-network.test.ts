import type { NetworkInterfaceInfo } from 'node:os';
import { brandAs, type SocketAddress } from '@bowline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { watchNetwork } from '../src/wiring/watch-network.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2);
const at = (address: string): NetworkInterfaceInfo[] => [
  { address, netmask: '255.255.255.0', family: 'IPv4', mac: '', internal: false, cidr: null },
];

let scripted: ReturnType<typeof scriptedSystem>;
let interfaces: Record<string, NetworkInterfaceInfo[]>;
let changes: string[];

beforeEach(async () => {
  interfaces = { eth0: at('192.168.1.2') };
  changes = [];
  scripted = scriptedSystem();
  const system = { ...scripted.system, networkInterfaces: () => interfaces };
  await scripted.peers.adopt(phone);
  scripted.peers.update(phone.id, { link: 'up' });
  scripted.own.update({ bound: scripted.bound });
  system.hub.on('network.changed', ({ cause }) => changes.push(cause));
  watchNetwork(system);
});

const linksAsked = () => scripted.asked.filter((request) => request.startsWith('links.'));

describe('a network that changes', () => {
  it('is noticed within a second, and once', async () => {
    await scripted.clock.advance(5_000);
    expect(changes).toEqual([]);
    interfaces = { eth0: at('192.168.1.77') };
    await scripted.clock.advance(1_000);
    expect(changes).toEqual(['interfaces']);
    expect(scripted.asked).toContain('switchboard.checkNow');
    expect(scripted.asked).toContain('scheduler.nudgeAll');
    await scripted.clock.advance(10_000);
    expect(changes).toHaveLength(1);
  });

  it('is noticed at once where iroh tells of other addresses, which alone change nothing', async () => {
    const addresses = (text: string) => ({
      bound: { ...scripted.bound, directAddresses: [brandAs<SocketAddress>(text)] },
    });
    await scripted.clock.advance(1_100);
    scripted.own.update(addresses('203.0.113.7:4000'));
    expect(changes).toEqual([]);
    interfaces = { eth0: at('192.168.1.77') };
    scripted.own.update(addresses('192.168.1.77:4000'));
    expect(changes).toEqual(['interfaces']);
    await scripted.clock.advance(10_000);
    expect(changes).toHaveLength(1);
  });

  it('has every link prove itself soon, and leaves it its time where there is no network to be on', async () => {
    interfaces = { eth0: at('192.168.1.77') };
    await scripted.clock.advance(1_000);
    expect(linksAsked()).toEqual(['links.checkNow']);
    interfaces = {};
    await scripted.clock.advance(1_000);
    expect(linksAsked()).toEqual(['links.checkNow', 'links.ping']);
  });

  it('is waited for after sleep, when links are only asked', async () => {
    await scripted.clock.advance(3_000);
    scripted.clock.setWallTime(scripted.clock.nowMs() + 3_600_000);
    await scripted.clock.advance(1_000);
    expect(changes).toEqual(['wake']);
    expect(linksAsked()).toEqual(['links.ping']);
  });

  it('is waited for after a sleep in which the wall clock was set back, too', async () => {
    await scripted.clock.advance(3_000);
    scripted.clock.setWallTime(scripted.clock.nowMs() + 60_000 - 86_400_000);
    await scripted.clock.advance(1_000);
    expect(changes).toEqual(['wake']);
  });
});
