import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipBytes } from '../src/ip-bytes.ts';
import { keepOwnAddresses } from '../src/own-addresses.ts';
import { name, packet, record, srv, TYPES, txt } from './dns-packet.ts';

const owner = name('bowline-1.local');
const addressRecord = (...bytes: readonly number[]): Buffer =>
  record({ owner, type: TYPES.A, data: Buffer.from(bytes) });
const packetOf = (answers: readonly Buffer[], additionals: readonly Buffer[] = []): Buffer =>
  packet({ isResponse: true, answers, additionals });

const text = record({ owner, type: TYPES.TXT, data: txt('id=1') });
const mine = addressRecord(192, 168, 1, 10);
const vpn = addressRecord(10, 8, 0, 2);

describe('an outgoing packet', () => {
  test('names the addresses of its own network only, in every section', () => {
    const sent = packetOf([text, mine, vpn], [vpn, mine, text, vpn]);
    expect(keepOwnAddresses(sent, ['192.168.1.10'])).toEqual(packetOf([text, mine], [mine, text]));
  });

  test('names all addresses of its interface', () => {
    const sent = packetOf([mine, vpn]);
    expect(keepOwnAddresses(sent, ['10.8.0.2', '192.168.1.10'])).toEqual(sent);
  });

  test('names IPv6 addresses of its own network only', () => {
    const own = record({ owner, type: TYPES.AAAA, data: ipBytes('fd00:1::10') });
    const linkLocal = record({ owner, type: TYPES.AAAA, data: ipBytes('fe80::a') });
    expect(keepOwnAddresses(packetOf([text, mine, linkLocal, own]), ['fd00:1::10'])).toEqual(packetOf([text, own]));
  });

  test('keeps everything else as it is', () => {
    const sent = packetOf(
      [text],
      [text, record({ owner, type: TYPES.SRV, data: srv(1, owner) }), addressRecord(1, 2, 3)],
    );
    expect(keepOwnAddresses(sent, [])).toEqual(sent);
  });

  test('that asks is left alone', () => {
    const question = packet({ isResponse: false, questions: [Buffer.concat([owner, Buffer.from([0, 12, 0, 1])])] });
    expect(keepOwnAddresses(question, [])).toBe(question);
  });

  test.each([
    ['that is cut short', packetOf([text, vpn]).subarray(0, -2)],
    ['without a header', Buffer.from([1, 2, 3])],
    [
      'with a compressed name',
      packetOf([record({ owner: Buffer.from([0xc0, 12]), type: TYPES.A, data: Buffer.alloc(4) })]),
    ],
  ])('%s is left alone', (_what, sent) => {
    expect(keepOwnAddresses(sent, [])).toBe(sent);
  });

  test('of any content is never thrown over, and never grows', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const sent = Buffer.from(bytes);
        expect(keepOwnAddresses(sent, ['192.168.1.10']).length).toBeLessThanOrEqual(sent.length);
      }),
    );
  });
});
