import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type NetworkView, relayReach } from '../src/relay-reach.ts';

const interfaceAt = (cidr: string, internal = false): NetworkInterfaceInfo =>
  ({ address: cidr.split('/')[0], cidr, internal, family: cidr.includes(':') ? 'IPv6' : 'IPv4' }) as never;

const ROUTES = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
  'eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  'wg0\t0000090A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
  'lo\t0000080A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0',
].join('\n');

const view: NetworkView = {
  interfaces: () => ({
    lo: [interfaceAt('127.0.0.1/8', true), interfaceAt('::1/128', true)],
    eth0: [interfaceAt('192.168.1.20/24'), interfaceAt('fd00:1::20/64'), interfaceAt('198.51.100.9/24')],
  }),
  readRoutes: () => ROUTES,
};

describe('a relay that others named', () => {
  const mayReach = relayReach(false, view);

  it.each([
    ['on the internet', '203.0.113.7'],
    ['on the internet, by IPv6', '2001:db8::7'],
    ['at an address of this device that everybody reaches', '198.51.100.9'],
    ['in the local network', '192.168.1.30'],
    ['in the local network, by IPv6', 'fd00:1::30'],
    ['in the local network, as IPv6 writes it', '::ffff:192.168.1.30'],
    ['in a VPN', '10.9.200.1'],
  ])('is reached %s', (_where, ip) => {
    expect(mayReach(ip)).toBe(true);
  });

  it.each([
    ['on loopback', '127.0.0.1'],
    ['on loopback, by IPv6', '::1'],
    ['on loopback, as IPv6 writes it', '::ffff:127.0.0.1'],
    ['at no address', '0.0.0.0'],
    ['where clouds keep secrets', '169.254.169.254'],
    ['at a link-local address', 'fe80::1'],
    ['at a multicast address', '224.0.0.1'],
    ['at a private address of this device', '192.168.1.20'],
    ['in a private network it has no route of its own to', '10.1.1.1'],
    ['in a network whose route leads nowhere', '10.8.0.1'],
    ['in another private network', '192.168.2.1'],
    ['in another private network, by IPv6', 'fd00:2::1'],
    ['at a name, unresolved', 'relay.example'],
  ])('is not reached %s', (_where, ip) => {
    expect(mayReach(ip)).toBe(false);
  });

  it('is reached on this machine by a device that stays there', () => {
    const here = relayReach(true, view);
    expect(['127.0.0.1', '::1', '192.168.1.20'].map(here)).toEqual([true, true, true]);
    expect(here('169.254.169.254')).toBe(false);
  });

  it('is reached in the networks of the interfaces where the system tells no routes', () => {
    const silent = relayReach(false, {
      ...view,
      readRoutes: () => {
        throw new Error('no such file');
      },
    });
    expect(['192.168.1.30', '10.9.200.1'].map(silent)).toEqual([true, false]);
  });
});
