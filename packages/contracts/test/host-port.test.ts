import { describe, expect, it } from 'vitest';
import { parseHostPort, parsePort } from '../src/index.ts';

describe('a host and a port', () => {
  it.each([
    ['nas.example:4000', { host: 'nas.example', port: 4000 }],
    ['nas:1', { host: 'nas', port: 1 }],
    ['my_service.local.:65535', { host: 'my_service.local.', port: 65_535 }],
    ['192.0.2.7:4000', { host: '192.0.2.7', port: 4000 }],
    ['[2001:db8::7]:4000', { host: '2001:db8::7', port: 4000 }],
  ])('are read: %s', (text, read) => {
    expect(parseHostPort(text)).toEqual(read);
  });

  it.each([
    '',
    'nas',
    ':4000',
    'nas:0',
    'nas:65536',
    'nas:4000:1',
    'nas:+1',
    '192.0.2.777:1',
    '1.2.3:4',
    '2001:db8::7:4000',
    '[fe80::1%eth0]:1',
    '[nas]:1',
    'na s:1',
    '-nas:1',
    `${'a'.repeat(64)}:1`,
    `${'a.'.repeat(127)}a:1`,
    'http://nas:1',
  ])('are not read: %s', (text) => {
    expect(parseHostPort(text)).toBeUndefined();
  });

  it.each([
    ['1', 1],
    ['65535', 65_535],
    ['0', undefined],
    ['65536', undefined],
    ['1e3', undefined],
    ['', undefined],
  ])('has a port of digits: %s', (text, port) => {
    expect(parsePort(text)).toBe(port);
  });
});
