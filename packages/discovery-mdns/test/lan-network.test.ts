import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipv4Number, isOnLink, type NetworkInterfaces, selectNetworks } from '../src/lan-network.ts';
import { ipv4, LOOPBACK } from './fake-lan.ts';

const ipv6 = (scopeid: number) => ({ ...ipv4('fe80::1'), family: 'IPv6' as const, netmask: 'ffff::', scopeid });
const HOME: NetworkInterfaces = { ...LOOPBACK, eth0: [ipv4('192.168.1.10'), ipv6(2)], wlan0: [ipv4('10.0.0.7')] };
const namesOf = (interfaces: NetworkInterfaces, chosen: 'all' | readonly string[] = 'all') =>
  selectNetworks(interfaces, chosen).map((network) => network.name);
const only = (interfaces: NetworkInterfaces, chosen: 'all' | readonly string[] = 'all') => {
  const [network] = selectNetworks(interfaces, chosen);
  if (network === undefined) throw new Error('no network');
  return network;
};

describe('the networks in use', () => {
  test('are all that lead somewhere else', () => {
    expect(namesOf(HOME)).toEqual(['eth0', 'wlan0']);
  });

  test('are loopback when there is nothing else', () => {
    expect(namesOf(LOOPBACK)).toEqual(['lo']);
    expect(namesOf({ ...LOOPBACK, eth0: [ipv6(2)] })).toEqual(['lo']);
  });

  test('are none when there is not even loopback', () => {
    expect(namesOf({})).toEqual([]);
    expect(namesOf({ eth0: undefined })).toEqual([]);
  });

  test('leave tunnels out, unless chosen', () => {
    const interfaces = { ...HOME, wg0: [ipv4('10.9.0.2', { netmask: '255.255.255.255' })] };
    expect(namesOf(interfaces)).toEqual(['eth0', 'wlan0']);
    expect(namesOf(interfaces, ['10.9.0.2'])).toEqual(['wg0']);
  });

  test('are the chosen ones', () => {
    expect(namesOf(HOME, ['10.0.0.7', '127.0.0.1', '203.0.113.9'])).toEqual(['lo', 'wlan0']);
    expect(namesOf(HOME, ['203.0.113.9'])).toEqual([]);
  });

  test('are at most 16', () => {
    const bridges = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`br${index}`, [ipv4(`10.1.${index}.1`)]]),
    );
    expect(namesOf(bridges)).toHaveLength(16);
  });

  test('count an interface with two addresses once, and know both', () => {
    const network = only({ eth0: [ipv4('192.168.1.10'), ipv4('10.5.0.1', { netmask: '255.255.0.0' })] });
    expect(network).toMatchObject({ address: '192.168.1.10', addresses: ['192.168.1.10', '10.5.0.1'] });
    expect(isOnLink(network, '192.168.1.200')).toBe(true);
    expect(isOnLink(network, '10.5.200.1')).toBe(true);
    expect(only({ eth0: [ipv4('192.168.1.10'), ipv4('10.5.0.1')] }, ['10.5.0.1']).address).toBe('10.5.0.1');
  });

  test.each([
    ['its address', { eth0: [ipv4('192.168.1.11'), ipv6(2)] }],
    ['its mask', { eth0: [ipv4('192.168.1.10', { netmask: '255.255.0.0' }), ipv6(2)] }],
    ['its hardware', { eth0: [ipv4('192.168.1.10', { mac: '02:00:00:00:00:02' }), ipv6(2)] }],
    ['its index', { eth0: [ipv4('192.168.1.10'), ipv6(3)] }],
    ['its name', { eth1: [ipv4('192.168.1.10'), ipv6(2)] }],
  ])('have another identity when an interface changes %s', (_what, interfaces) => {
    expect(only(interfaces).identity).not.toBe(only(HOME).identity);
    expect(only(interfaces).identity).toBe(only(interfaces).identity);
  });
});

describe('neighbours', () => {
  const home = only(HOME);

  test.each(['192.168.1.1', '192.168.1.255', '169.254.7.7'])('include %s', (address) => {
    expect(isOnLink(home, address)).toBe(true);
  });

  test.each(['192.168.2.1', '8.8.8.8', '127.0.0.1', 'fe80::1', '', 'localhost', '192.168.1'])(
    'do not include %s',
    (address) => {
      expect(isOnLink(home, address)).toBe(false);
    },
  );

  test('of loopback are on this machine', () => {
    const loopback = only(LOOPBACK);
    expect(isOnLink(loopback, '127.8.8.8')).toBe(true);
    expect(isOnLink(loopback, '169.254.7.7')).toBe(false);
    expect(isOnLink(loopback, '192.168.1.10')).toBe(false);
  });

  test('of a tunnel cannot be told apart', () => {
    const tunnel = only({ wg0: [ipv4('10.9.0.2', { netmask: '255.255.255.255' })] }, ['10.9.0.2']);
    expect(isOnLink(tunnel, '10.200.0.1')).toBe(true);
  });

  test('have addresses that are read as numbers', () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), ([a, b, c, d]) => {
        expect(ipv4Number(`${a}.${b}.${c}.${d}`)).toBe(a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d);
      }),
    );
  });
});
