import { parseEndpointId, parseSocketAddress } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { selectNetworks } from '../src/lan-network.ts';
import { readRecordText, writeRecordText } from '../src/lan-record.ts';
import { readSeenRecord } from '../src/seen-record.ts';
import { ipv4, ipv6, LOOPBACK } from './fake-lan.ts';

const [home] = selectNetworks({ eth0: [ipv4('192.168.1.10')] }, 'all');
const [homeIpv6] = selectNetworks({ eth0: ipv6('fd00:1::10') }, 'all');
const [loopback] = selectNetworks(LOOPBACK, 'all');
const id = 'ab'.repeat(32);
const tag = 'cd'.repeat(16);
const other = 'ef'.repeat(16);
const service = (overrides: Readonly<Record<string, unknown>> = {}) => ({
  fqdn: 'bowline-1._bowline._udp.local',
  txt: { id, port: '4001', tag },
  addresses: ['192.168.1.20'],
  referer: { address: '192.168.1.20', family: 'IPv4', port: 5353, size: 200 },
  ...overrides,
});
const read = (overrides: Readonly<Record<string, unknown>> = {}, network = home!) =>
  readSeenRecord(service(overrides), network);

describe('the text of a record', () => {
  test('is read as it was written', () => {
    const endpointId = parseEndpointId(id)!;
    for (const lanTag of [null, tag]) {
      for (const presenceTag of [null, other]) {
        const record = { endpointId, presenceTag, port: 65_535, lanTag };
        expect(readRecordText(writeRecordText(record))).toEqual(record);
      }
    }
  });

  test('without an endpoint id shows the tag of the hour and the port, and nothing else', () => {
    const record = { endpointId: null, presenceTag: other, port: 4001, lanTag: null };
    expect(writeRecordText(record)).toEqual({ presence: other, port: '4001' });
    expect(readRecordText(writeRecordText(record))).toEqual(record);
  });

  test('holds tag, id and port, and nothing else', () => {
    const record = { endpointId: parseEndpointId(id)!, presenceTag: null, port: 4001, lanTag: tag };
    expect(writeRecordText(record)).toEqual({ tag, id, port: '4001' });
    expect(writeRecordText({ ...record, lanTag: null })).toEqual({ id, port: '4001' });
  });

  test('may be written in capitals', () => {
    expect(readRecordText({ id: id.toUpperCase(), tag: tag.toUpperCase(), port: '1' })).toEqual({
      endpointId: id,
      presenceTag: null,
      lanTag: tag,
      port: 1,
    });
  });

  test('may hold keys of a later version', () => {
    expect(readRecordText({ id, port: '1', v: '2', toString: 'x' })).toMatchObject({ endpointId: id });
  });

  test.each([
    [null, 'text'],
    [undefined, 'text'],
    ['id=1', 'text'],
    [Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, ''])), 'text'],
    [{}, 'endpoint-id'],
    [{ id: 'ab', port: '1' }, 'endpoint-id'],
    [{ id: `${id}ab`, port: '1' }, 'endpoint-id'],
    [{ id: 7, port: '1' }, 'endpoint-id'],
    [Object.create({ id, port: '1' }), 'endpoint-id'],
    [{ id }, 'port'],
    [{ id, port: '0' }, 'port'],
    [{ id, port: '65536' }, 'port'],
    [{ id, port: '080' }, 'port'],
    [{ id, port: '4e3' }, 'port'],
    [{ id, port: ' 80' }, 'port'],
    [{ id, port: 80 }, 'port'],
    [{ presence: 'ab', port: '1' }, 'presence'],
    [{ presence: other, port: '1', id: 'ab' }, 'endpoint-id'],
    [{ presence: other, port: '1', tag }, 'endpoint-id'],
    [{ presence: other }, 'port'],
    [{ id, port: '1', tag: '' }, 'tag'],
    [{ id, port: '1', tag: undefined }, 'tag'],
    [{ id, port: '1', tag: `${tag}0` }, 'tag'],
    [{ id, port: '1', tag: 'xy'.repeat(16) }, 'tag'],
  ])('%j is refused for its %s', (text, fault) => {
    expect(readRecordText(text)).toBe(fault);
  });
});

describe('a record that was heard', () => {
  test('gives the sender and what it claims, with the port of its text', () => {
    expect(read({ addresses: ['192.168.1.21'] })).toEqual({
      endpointId: id,
      presenceTag: null,
      port: 4001,
      lanTag: tag,
      instance: 'bowline-1._bowline._udp.local',
      sourceAddress: '192.168.1.20',
      directAddresses: ['192.168.1.20:4001', '192.168.1.21:4001'],
    });
  });

  test('puts the sender first, then a neighbour before others', () => {
    expect(read({ addresses: ['172.17.0.1', '192.168.1.21', '192.168.1.20'] })).toMatchObject({
      directAddresses: ['192.168.1.20:4001', '192.168.1.21:4001'],
    });
    expect(read({ addresses: ['172.17.0.1', '192.168.1.20'] })).toMatchObject({
      directAddresses: ['192.168.1.20:4001', '172.17.0.1:4001'],
    });
  });

  test('gives the sender alone when it claims nothing usable', () => {
    const useless = [
      '127.0.0.1',
      '0.0.0.0',
      '0.1.2.3',
      '224.0.0.251',
      '255.255.255.255',
      'fe80::1',
      '2001:db8::1',
      '999.1.1.1',
      '',
      4,
      null,
      {},
    ];
    expect(read({ addresses: useless })).toMatchObject({ directAddresses: ['192.168.1.20:4001'] });
    expect(read({ addresses: 'no list' })).toMatchObject({ directAddresses: ['192.168.1.20:4001'] });
  });

  test('may be of this machine on loopback', () => {
    const heard = read({ addresses: [], referer: { address: '127.0.0.1' } }, loopback!);
    expect(heard).toMatchObject({ directAddresses: ['127.0.0.1:4001'] });
  });

  test('gives two addresses, however many it claims', () => {
    const addresses = Array.from({ length: 10_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const heard = read({ addresses });
    expect(typeof heard === 'string' ? heard : heard.directAddresses).toHaveLength(2);
  });

  test.each([
    [{ fqdn: undefined }, 'instance'],
    [{ fqdn: '' }, 'instance'],
    [{ fqdn: 'x'.repeat(256) }, 'instance'],
    [{ referer: undefined }, 'source'],
    [{ referer: { address: '127.0.0.1' } }, 'source'],
    [{ referer: { address: 'fe80::1%eth0' } }, 'source'],
    [{ txt: undefined }, 'text'],
  ])('%j is refused for its %s', (overrides, fault) => {
    expect(read(overrides)).toBe(fault);
  });

  test('over IPv6 leads to the addresses on the link that it claims, for its sender has one that cannot be dialled', () => {
    const seen = (addresses: readonly string[], address = 'fe80::b%eth0') =>
      read({ addresses, referer: { address } }, homeIpv6);
    const claims = ['fe80::b', '2001:db9::1', '192.168.1.20', 'fd00:1::20', 'FD00:1:0::21', 'fd00:1::22', '::1'];
    expect(seen(claims)).toMatchObject({
      sourceAddress: 'fe80::b%eth0',
      directAddresses: ['[fd00:1::20]:4001', '[fd00:1::21]:4001'],
    });
    expect(seen(['fe80::b', '2001:db9::1'])).toBe('addresses');
    expect(seen(claims, '2001:db9::1')).toBe('source');
    expect(seen(claims, '192.168.1.20')).toBe('source');
  });

  test('of any shape is read or refused, never thrown over', () => {
    const field = fc.oneof(fc.anything(), fc.string(), fc.constantFrom(id, tag, '4001', '192.168.1.20'));
    const anyService = fc.record({
      fqdn: field,
      txt: fc.oneof(
        field,
        fc.record({ id: field, port: field, tag: field }, { requiredKeys: [] }),
        fc.dictionary(fc.string(), field),
      ),
      addresses: fc.oneof(field, fc.array(fc.oneof(field, fc.ipV4(), fc.ipV6()))),
      referer: fc.oneof(field, fc.record({ address: fc.oneof(field, fc.ipV4(), fc.ipV6()) })),
    });
    fc.assert(
      fc.property(
        fc.oneof(anyService, fc.anything()),
        fc.constantFrom(home!, loopback!, homeIpv6!),
        (heard, network) => {
          const seen = readSeenRecord(heard, network);
          if (typeof seen === 'string') return;
          if (seen.endpointId !== null) expect(parseEndpointId(seen.endpointId)).toBe(seen.endpointId);
          expect(seen.directAddresses.length).toBeGreaterThan(0);
          for (const address of seen.directAddresses) expect(parseSocketAddress(address)).toBe(address);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
