import { expect, test } from 'vitest';
import { planBindAddresses } from '../src/bind-addresses.ts';

test('nothing given leaves iroh to bind all interfaces', () => {
  expect(planBindAddresses([])).toEqual({ given: [], implied: [] });
});

test('one family given keeps the other on loopback', () => {
  expect(planBindAddresses(['192.168.1.2'])).toEqual({ given: ['192.168.1.2:0'], implied: ['[::1]:0'] });
  expect(planBindAddresses(['fd00::1'])).toEqual({ given: ['[fd00::1]:0'], implied: ['127.0.0.1:0'] });
});

test('a port is asked for on every address given, and on both wildcards without any', () => {
  expect(planBindAddresses(['192.168.1.2'], 4_000)).toEqual({ given: ['192.168.1.2:4000'], implied: ['[::1]:0'] });
  expect(planBindAddresses([], 4_000)).toEqual({ given: ['0.0.0.0:4000'], implied: ['[::]:4000'] });
});

test.each([[0], [65_536], [1.5]])('refuses %j as a port', (port) => {
  expect(() => planBindAddresses([], port)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
});

test('both families given are all there is', () => {
  expect(planBindAddresses(['::1', '127.0.0.1'])).toEqual({ given: ['127.0.0.1:0', '[::1]:0'], implied: [] });
});

test.each([['localhost'], ['127.0.0.1:0'], [''], ['fe80::1%eth0'], ['1.2.3'], ['[::1]']])('refuses %j', (address) => {
  expect(() => planBindAddresses([address])).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
});

test('refuses two of one family', () => {
  expect(() => planBindAddresses(['127.0.0.1', '127.0.0.2'])).toThrow('one address of each family');
  expect(() => planBindAddresses(['::1', 'fd00::1'])).toThrow('one address of each family');
});
