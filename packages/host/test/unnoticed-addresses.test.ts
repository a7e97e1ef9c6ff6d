import type { NetworkInterfaceInfo } from 'node:os';
import { brandAs, type SocketAddress } from '@bowline/contracts';
import { expect, it } from 'vitest';
import { unnoticedAddresses } from '../src/unnoticed-addresses.ts';

const entry = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  internal,
  netmask: '',
  mac: '00:00:00:00:00:00',
  cidr: null,
  ...(address.includes(':') ? { family: 'IPv6', scopeid: 0 } : { family: 'IPv4' }),
});
const on = (...addresses: readonly string[]) => ({
  lo: [entry('127.0.0.1', true)],
  eth0: addresses.map((a) => entry(a)),
});
const bound = (...addresses: readonly string[]) => ({
  port: 4_000,
  ipv6Port: 6_000,
  directAddresses: addresses.map((address) => brandAs<SocketAddress>(address)),
});

it('are those of the interfaces that the endpoint does not tell', () => {
  expect(unnoticedAddresses(on('192.168.1.7', '10.0.0.1'), bound('192.168.1.7:4000', '198.51.100.1:5000'))).toEqual([
    '10.0.0.1:4000',
  ]);
  expect(unnoticedAddresses(on('192.168.1.7'), bound('192.168.1.7:4000'))).toEqual([]);
});

it('are none where nobody else can be, as on loopback and link-local addresses', () => {
  expect(unnoticedAddresses(on('169.254.3.4', 'fe80::1', 'fd00::1'), bound())).toEqual([]);
});

it('are one of each IPv6 network of which the endpoint tells none, and none without an IPv6 socket', () => {
  const interfaces = on('2a00:1:2:3::1', '2a00:1:2:3::2', '2a00:1:2:4::1', '2a00:1:2:4::2');
  expect(unnoticedAddresses(interfaces, bound('[2a00:1:2:3::9]:6000'))).toEqual(['[2a00:1:2:4::1]:6000']);
  expect(unnoticedAddresses(interfaces, { ...bound(), ipv6Port: null })).toEqual([]);
});
