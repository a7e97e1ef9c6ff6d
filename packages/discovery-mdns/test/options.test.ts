import { describe, expect, test } from 'vitest';
import { MDNS_DISCOVERY_DEFAULTS, resolveMdnsDiscoveryOptions } from '../src/index.ts';

describe('options', () => {
  test('are the defaults when nothing is given', () => {
    expect(resolveMdnsDiscoveryOptions()).toEqual({ enabled: true, announces: true, interfaces: 'all', port: 5353 });
    expect(Object.isFrozen(MDNS_DISCOVERY_DEFAULTS)).toBe(true);
  });

  test('keep what is given', () => {
    const options = { enabled: false, announces: false, interfaces: ['127.0.0.1', '::1'], port: 40_000 };
    expect(resolveMdnsDiscoveryOptions(options)).toEqual(options);
  });

  test('take the unspecified address for all interfaces', () => {
    expect(resolveMdnsDiscoveryOptions({ interfaces: ['0.0.0.0'] }).interfaces).toBe('all');
  });

  test.each([
    ['enabled', 'yes'],
    ['announces', 1],
    ['interfaces', 'some'],
    ['interfaces', []],
    ['interfaces', Array(17).fill('192.0.2.1')],
    ['interfaces', ['eth0']],
    ['interfaces', [4]],
    ['port', 0],
    ['port', 65_536],
    ['port', 53.5],
  ])('refuse %s of %j, and name it', (field, value) => {
    expect(() => resolveMdnsDiscoveryOptions({ [field]: value })).toThrow(`Option "${field}" must be`);
  });
});
