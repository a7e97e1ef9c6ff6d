import { fakeClock } from '@bowline/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { selectNetworks } from '../src/lan-network.ts';
import { PacketFilter, type PacketVerdict } from '../src/packet-filter.ts';
import { announcement, name, packet, question, TYPES } from './dns-packet.ts';
import { ipv4, LOOPBACK } from './fake-lan.ts';

const [home] = selectNetworks({ eth0: [ipv4('192.168.1.10')] }, 'all');
const [loopback] = selectNetworks(LOOPBACK, 'all');

const claiming = (
  isResponse: boolean,
  counts: readonly [number, number, number, number],
  body = '\x08_bowline',
): Buffer => Buffer.concat([packet({ isResponse, claimedCounts: counts }), Buffer.from(body, 'latin1')]);

const response = packet({ isResponse: true, answers: announcement('bowline-1', 'id=1') });
const query = packet({ isResponse: false, questions: [question(name('_bowline._udp.local'), TYPES.PTR)] });

const arrange = (network = home!) => {
  const clock = fakeClock();
  return { clock, filter: new PacketFilter(clock, network) };
};

const admittedOf = (count: number, judge: (index: number) => PacketVerdict): number =>
  Array.from({ length: count }, (_, index) => judge(index)).filter((verdict) => 'kind' in verdict).length;

describe('a packet', () => {
  test('of a neighbour about Bowline is admitted', () => {
    const { filter } = arrange();
    expect(filter.judge(response, '192.168.1.20')).toEqual({ kind: 'response' });
    expect(filter.judge(query, '192.168.1.20')).toEqual({ kind: 'query' });
  });

  test('that asks what services there are is admitted', () => {
    const { filter } = arrange();
    const census = claiming(false, [1, 0, 0, 0], '\x09_services\x07_dns-sd');
    expect(filter.judge(census, '192.168.1.20')).toEqual({ kind: 'query' });
  });

  test.each([
    ['off-link', response, '192.168.9.20'],
    ['off-link', response, 'fe80::1'],
    ['malformed', Buffer.alloc(0), '192.168.1.20'],
    ['malformed', Buffer.from('bowline'), '192.168.1.20'],
    ['too-large', Buffer.concat([response, Buffer.alloc(9_000)]), '192.168.1.20'],
    ['not-ours', claiming(true, [0, 4, 0, 0], '\x0f_googlecast'), '192.168.1.20'],
    ['too-many-records', claiming(true, [0, 65, 0, 0]), '192.168.1.20'],
    ['too-many-records', claiming(true, [0, 30, 30, 30]), '192.168.1.20'],
    ['too-many-records', claiming(true, [0, 65_535, 0, 0]), '192.168.1.20'],
    ['too-many-records', claiming(false, [9, 0, 0, 0]), '192.168.1.20'],
  ])('is refused as %s', (refusal, bytes, source) => {
    expect(arrange().filter.judge(bytes, source)).toEqual({ refusal });
  });

  test('of any content is judged, never thrown over', () => {
    const { filter } = arrange();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (bytes, source) => {
        const verdict = filter.judge(Buffer.from(bytes), source);
        expect('kind' in verdict || 'refusal' in verdict).toBe(true);
      }),
    );
  });
});

describe('a flood', () => {
  test('from one neighbour leaves room for the others', () => {
    const { filter } = arrange();
    expect(admittedOf(10_000, () => filter.judge(response, '192.168.1.66'))).toBe(100);
    expect(filter.judge(response, '192.168.1.66')).toEqual({ refusal: 'too-many-packets' });
    expect(filter.judge(response, '192.168.1.20')).toEqual({ kind: 'response' });
  });

  test('from everywhere at once is limited in all', () => {
    const { filter } = arrange();
    expect(admittedOf(10_000, (index) => filter.judge(response, `192.168.1.${index % 250}`))).toBe(2_000);
    expect(filter.judge(query, '192.168.1.251')).toEqual({ kind: 'query' });
  });

  test('of questions is limited as well, for each is answered', () => {
    const { filter } = arrange();
    expect(admittedOf(10_000, (index) => filter.judge(query, `192.168.1.${index % 250}`))).toBe(200);
  });

  test('ends, and its sender is heard again', async () => {
    const { filter, clock } = arrange();
    admittedOf(10_000, () => filter.judge(response, '192.168.1.66'));
    await clock.advance(1_000);
    expect(admittedOf(10_000, () => filter.judge(response, '192.168.1.66'))).toBe(30);
  });

  test('pays for what its packets cost to read', () => {
    const { filter } = arrange();
    const heavy = claiming(true, [0, 64, 0, 0]);
    expect(admittedOf(1_000, (index) => filter.judge(heavy, `192.168.1.${index % 250}`))).toBe(250);
    const curious = claiming(false, [8, 0, 0, 0]);
    expect(admittedOf(1_000, (index) => filter.judge(curious, `192.168.1.${index % 250}`))).toBe(25);
  });

  test('of packets that are not for us takes nothing from those that are', () => {
    const { filter } = arrange();
    const chatter = claiming(true, [0, 4, 0, 0], 'printer');
    admittedOf(10_000, () => filter.judge(chatter, '192.168.1.20'));
    expect(filter.judge(response, '192.168.1.20')).toEqual({ kind: 'response' });
  });

  test('from ever new addresses is remembered for a bounded number of them', () => {
    const [wide] = selectNetworks({ eth0: [ipv4('10.0.0.1', { netmask: '255.0.0.0' })] }, 'all');
    const { filter, clock } = arrange(wide);
    for (let index = 0; index < 100_000; index += 1)
      filter.judge(response, `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
    return clock.advance(60_000).then(() => expect(filter.judge(response, '10.0.0.20')).toEqual({ kind: 'response' }));
  });

  test('of this machine itself counts in all only', () => {
    expect(admittedOf(1_000, () => arrange().filter.judge(response, '192.168.1.10'))).toBe(1_000);
    const { filter } = arrange(loopback);
    expect(admittedOf(10_000, () => filter.judge(response, '127.0.0.1'))).toBe(2_000);
  });

  test('leaves room for what shows a tag that is looked for, of each neighbour so many', () => {
    const [network] = selectNetworks({ eth0: [ipv4('192.168.1.10')] }, 'all');
    const tag = 'ab'.repeat(16);
    const filter = new PacketFilter(fakeClock(), network!, (bytes) => bytes.includes(tag));
    const searched = Buffer.concat([response, Buffer.from(tag)]);
    admittedOf(10_000, (index) => filter.judge(response, `192.168.1.${index % 250}`));
    expect(filter.judge(response, '192.168.1.251')).toEqual({ refusal: 'too-many-packets' });
    expect(admittedOf(1_000, () => filter.judge(searched, '192.168.1.66'))).toBe(20);
    expect(filter.judge(searched, '192.168.1.20')).toEqual({ kind: 'response' });
  });
});
