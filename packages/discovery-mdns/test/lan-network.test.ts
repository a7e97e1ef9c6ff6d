import { describe, expect, test } from 'vitest';
import { isOnLink, isOwnAddress, linkLocalOnly, type NetworkInterfaces, selectNetworks } from '../src/lan-network.ts';
import { ipv4, ipv6, LOOPBACK } from './fake-lan.ts';

const linkLocal = (scopeid: number) => ({ ...ipv4('fe80::1'), family: 'IPv6' as const, netmask: 'ffff::', scopeid });
const HOME: NetworkInterfaces = { ...LOOPBACK, eth0: [ipv4('192.168.1.10'), linkLocal(2)], wlan0: [ipv4('10.0.0.7')] };
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
    expect(namesOf({ ...LOOPBACK, eth0: [linkLocal(2)] })).toEqual(['lo']);
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
    ['its address', { eth0: [ipv4('192.168.1.11'), linkLocal(2)] }],
    ['its mask', { eth0: [ipv4('192.168.1.10', { netmask: '255.255.0.0' }), linkLocal(2)] }],
    ['its hardware', { eth0: [ipv4('192.168.1.10', { mac: '02:00:00:00:00:02' }), linkLocal(2)] }],
    ['its index', { eth0: [ipv4('192.168.1.10'), linkLocal(3)] }],
    ['its name', { eth1: [ipv4('192.168.1.10'), linkLocal(2)] }],
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
});

describe('an interface with IPv6', () => {
  const dual = { eth0: [ipv4('192.168.1.10'), ...ipv6('fd00:1::10', '2001:db9::10')] };

  test('is a network of its own, whose addresses are those one can dial', () => {
    const [first, second] = selectNetworks(dual, 'all');
    expect(first).toMatchObject({ name: 'eth0', family: 'ipv4', zone: null });
    expect(second).toMatchObject({
      name: 'eth0',
      family: 'ipv6',
      address: 'fe80::a',
      addresses: ['fd00:1::10', '2001:db9::10'],
      zone: expect.stringMatching(/^(eth0|2)$/),
    });
    expect(second?.identity).not.toBe(first?.identity);
  });

  test('is none with link-local addresses alone, without one, or where others are chosen', () => {
    const [, ...addresses] = ipv6('fd00:1::10');
    expect(selectNetworks({ eth0: ipv6() }, 'all')).toEqual([]);
    expect(selectNetworks({ wg0: addresses }, 'all')).toEqual([]);
    expect(selectNetworks(dual, ['192.168.1.10']).map(({ family }) => family)).toEqual(['ipv4']);
    expect(selectNetworks(dual, ['fd00:1::10']).map(({ family }) => family)).toEqual(['ipv6']);
  });

  test('has neighbours on its subnets and those that gave themselves an address', () => {
    const network = only({ eth0: ipv6('fd00:1::10') });
    for (const address of ['fd00:1::99', 'fe80::b%eth0', 'fe80::b']) expect(isOnLink(network, address)).toBe(true);
    for (const address of ['fd00:2::99', '2001:db9::1', '192.168.1.1', '::1', '']) {
      expect(isOnLink(network, address)).toBe(false);
    }
    expect(['fe80::a%eth0', 'fd00:1::10', 'fe80::b%eth0'].map((source) => isOwnAddress(network, source))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('is named where it has nothing but link-local addresses', () => {
    expect(linkLocalOnly({ ...LOOPBACK, eth0: ipv6(), eth1: ipv6('fd00:1::10') })).toEqual(['eth0']);
    expect(linkLocalOnly({ eth0: [ipv4('192.168.1.10'), ...ipv6()], lo: [] })).toEqual([]);
  });
});
