import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipBytes } from '../src/ip-bytes.ts';
import { readServices } from '../src/service-answer.ts';
import { announcement, name, packet, record, srv, TYPES, txt } from './dns-packet.ts';

const OWNER = name('x._bowline._udp.local');
const response = (...answers: readonly Buffer[]): Buffer => packet({ isResponse: true, answers });

describe('the services of a packet', () => {
  test('are read with their text and the addresses of their host', () => {
    expect(readServices(response(...announcement('X', 'id=1', 'port=1')))).toEqual({
      services: [{ fqdn: 'x._bowline._udp.local', txt: { id: '1', port: '1' }, addresses: ['192.168.1.20'] }],
      goodbyes: [],
    });
  });

  test('are read wherever in the packet a record stands, names pointing back included', () => {
    const [pointer, service, text, address] = announcement('x', 'id=1');
    const whole = packet({ isResponse: true, answers: [pointer!], additionals: [service!, text!, address!] });
    expect(readServices(whole).services).toHaveLength(1);
    // Behind the header stands the name of the service; its instance is one label before it.
    const compressed = response(
      record({ owner: name('_bowline._udp.local'), type: TYPES.PTR, data: Buffer.from([1, 0x78, 0xc0, 12]) }),
      record({ owner: Buffer.from([1, 0x78, 0xc0, 12]), type: TYPES.TXT, data: txt('id=2') }),
    );
    expect(readServices(compressed).services).toEqual([
      { fqdn: 'x._bowline._udp.local', txt: { id: '2' }, addresses: [] },
    ]);
  });

  test('that say goodbye are told as such, and not as there', () => {
    const leaving = response(
      record({ owner: OWNER, type: TYPES.SRV, data: srv(1, name('x.local')), ttl: 0 }),
      record({ owner: OWNER, type: TYPES.TXT, data: txt('id=1'), ttl: 0 }),
    );
    expect(readServices(leaving)).toEqual({ services: [], goodbyes: ['x._bowline._udp.local'] });
  });

  test('hold the first of equal keys, in lower case, and no address of another host', () => {
    const odd = response(
      record({ owner: OWNER, type: TYPES.TXT, data: txt('ID=1', 'id=2', 'flag', '=x', '__proto__=y') }),
      record({ owner: OWNER, type: TYPES.SRV, data: srv(1, name('mine.local')) }),
      record({ owner: name('other.local'), type: TYPES.A, data: Buffer.from([10, 0, 0, 1]) }),
    );
    const [service] = readServices(odd).services;
    expect(Object.entries(service?.txt ?? {})).toEqual([
      ['id', '1'],
      ['flag', ''],
      ['__proto__', 'y'],
    ]);
    expect(service?.addresses).toEqual([]);
  });

  test('have addresses of both families', () => {
    const both = response(
      record({ owner: OWNER, type: TYPES.TXT, data: txt('id=1') }),
      record({ owner: OWNER, type: TYPES.SRV, data: srv(1, name('mine.local')) }),
      record({ owner: name('mine.local'), type: TYPES.AAAA, data: ipBytes('fd00:1::10') }),
      record({ owner: name('mine.local'), type: TYPES.A, data: ipBytes('10.0.0.1') }),
      record({ owner: name('mine.local'), type: TYPES.AAAA, data: ipBytes('10.0.0.1') }),
    );
    expect(readServices(both).services[0]?.addresses).toEqual(['fd00:1::10', '10.0.0.1']);
  });

  test('of other kinds are passed over', () => {
    const printer = record({ owner: name('p._ipp._tcp.local'), type: TYPES.TXT, data: txt('id=1') });
    expect(readServices(response(printer)).services).toEqual([]);
  });

  test('before the place where a packet breaks off count', () => {
    const whole = response(...announcement('x', 'id=1'));
    expect(readServices(whole.subarray(0, whole.length - 3)).services).toHaveLength(1);
    expect(readServices(Buffer.alloc(0))).toEqual({ services: [], goodbyes: [] });
  });

  test('end names that point to themselves, forwards, or nowhere', () => {
    for (const owner of [[0xc0, 12], [0xc0, 60], [0xff, 0xff], [0x7f], [0xc0]]) {
      const bytes = response(record({ owner: Buffer.from(owner), type: TYPES.TXT, data: txt('id=1') }));
      expect(readServices(bytes).services).toEqual([]);
    }
  });

  test('of any bytes are read or passed over, never thrown over', () => {
    const whole = response(...announcement('x', 'id=1', 'port=1'), ...announcement('y', 'id=2'));
    const mutilated = fc
      .tuple(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), fc.nat(whole.length))
      .map(([changes, length]) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes.subarray(0, length);
      });
    const madeUp = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mutilated, madeUp), (bytes) => {
        for (const { fqdn, addresses } of readServices(bytes).services) {
          expect(fqdn.endsWith('._bowline._udp.local')).toBe(true);
          for (const address of addresses) expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
