import { fakeClock, settle } from '@bowline/testing';
import { Bonjour } from 'bonjour-service';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { BonjourSocket, type PacketSource } from '../src/bonjour-socket.ts';
import { selectNetworks } from '../src/lan-network.ts';
import { PacketFilter } from '../src/packet-filter.ts';
import { announcement, name, packet, question, record, srv, TYPES, txt } from './dns-packet.ts';
import { ipv4 } from './fake-lan.ts';

const SOURCE: PacketSource = { address: '192.168.1.20', family: 'IPv4', port: 5353, size: 0 };
const SERVICE = name('_bowline._udp.local');
const INSTANCE = name('x._bowline._udp.local');
const pointer = Buffer.from([0xc0, 12]);
const root = Buffer.from([0]);
const ptr = record({ owner: SERVICE, type: TYPES.PTR, data: INSTANCE });
const srvRecord = record({ owner: INSTANCE, type: TYPES.SRV, data: srv(1, name('h.local')) });
const response = (...answers: readonly Buffer[]): Buffer => packet({ isResponse: true, answers });

/** What has been seen to upset a parser somewhere: missing parts, empty names, loops, lies about length and count. */
const HOSTILE: readonly Buffer[] = [
  response(...announcement('x', 'id=1', 'port=1')),
  response(ptr, srvRecord),
  response(ptr, record({ owner: INSTANCE, type: TYPES.TXT, data: txt('id=1') })),
  response(
    record({ owner: SERVICE, type: TYPES.PTR, data: root }),
    record({ owner: root, type: TYPES.SRV, data: srv(0, root) }),
  ),
  response(
    ptr,
    srvRecord,
    record({ owner: INSTANCE, type: TYPES.TXT, data: txt('__proto__=1', 'constructor', '=', '', '=x') }),
  ),
  response(ptr, record({ owner: INSTANCE, type: TYPES.TXT, data: Buffer.alloc(0), claimedLength: 9 })),
  response(ptr, record({ owner: INSTANCE, type: TYPES.TXT, data: Buffer.from([255, 1]), claimedLength: 2 })),
  response(record({ owner: SERVICE, type: TYPES.PTR, data: pointer })),
  response(record({ owner: pointer, type: TYPES.PTR, data: pointer })),
  response(record({ owner: name('s._sub._bowline._udp.local'), type: TYPES.PTR, data: INSTANCE }), ptr, srvRecord),
  response(ptr, srvRecord, record({ owner: name('h.local'), type: TYPES.A, data: Buffer.alloc(1) })),
  response(
    record({ owner: root, type: TYPES.OPT, data: Buffer.alloc(3) }),
    record({ owner: root, type: TYPES.NSEC, data: Buffer.alloc(1) }),
  ),
  packet({ isResponse: true, answers: [ptr], claimedCounts: [0, 60, 0, 0] }),
  packet({
    isResponse: false,
    questions: [question(root, TYPES.ANY), question(SERVICE, TYPES.ANY), question(name('me'), TYPES.A)],
  }),
  packet({ isResponse: false, questions: [question(name('_services._dns-sd._udp.local'), TYPES.PTR)] }),
];

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The library announcing and asking over a socket that leads nowhere. */
const arrange = () => {
  const [thrown, sent]: [unknown[], Buffer[]] = [[], []];
  const socket = new BonjourSocket({
    send: (bytes, onSent) => {
      sent.push(Buffer.from(bytes));
      queueMicrotask(() => onSent(null));
    },
    onClose: () => undefined,
    onThrow: (error) => thrown.push(error),
  });
  const options: { port: number; socket: BonjourSocket } = { port: 5353, socket };
  const bonjour = new Bonjour(options, () => undefined);
  const browser = bonjour.find({ type: 'bowline', protocol: 'udp' });
  bonjour.publish({
    name: 'me',
    host: 'me.local',
    type: 'bowline',
    protocol: 'udp',
    port: 1,
    txt: { id: '1' },
    probe: false,
  });
  closers.push(() => {
    browser.stop();
    bonjour.destroy();
  });
  return { socket, thrown, sent, browser };
};

describe('the library behind its socket', () => {
  test('tells a service of a packet that holds one', () => {
    const { socket, browser } = arrange();
    socket.deliver(response(...announcement('x', 'id=1', 'port=1')), SOURCE);
    expect(browser.services.map(({ fqdn, txt: text }) => [fqdn, text])).toEqual([
      ['x._bowline._udp.local', { id: '1', port: '1' }],
    ]);
  });

  test('throws at nobody over hostile packets, whole, mutilated or made up', async () => {
    const { socket } = arrange();
    const mutilated = fc
      .tuple(fc.constantFrom(...HOSTILE), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
      .map(([whole, changes, cut]) => {
        const bytes = Buffer.from(whole);
        // The counts are judged before the library sees a packet.
        for (const [at, value] of changes) bytes[12 + (at % (bytes.length - 12))] = value;
        return cut % 4 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
      });
    const madeUp = fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => Buffer.concat([packet({ isResponse: true, claimedCounts: [1, 2, 3, 4] }), bytes]));
    for (const hostile of HOSTILE) {
      socket.deliver(hostile, SOURCE);
      socket.deliver(hostile, SOURCE);
    }
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutilated, madeUp), async (bytes) => {
        socket.deliver(bytes, SOURCE);
        await settle();
      }),
      { numRuns: 3_000 },
    );
  });

  test('would be busy for long over a packet that claims thousands of records, so it never sees one', () => {
    const bytes = packet({ isResponse: true, answers: [ptr], claimedCounts: [0, 0xdd00, 0, 0] });
    const [home] = selectNetworks({ eth0: [ipv4('192.168.1.10')] }, 'all');
    expect(new PacketFilter(fakeClock(), home!).judge(bytes, SOURCE.address)).toEqual({ refusal: 'too-many-records' });
  });

  test('may throw over a packet without harm', () => {
    const { socket, thrown, browser } = arrange();
    const failure = new TypeError('a fault in the library');
    browser.on('up', () => {
      throw failure;
    });
    socket.deliver(response(...announcement('x', 'id=1', 'port=1')), SOURCE);
    expect(thrown).toEqual([failure]);
  });

  test('hears nothing more once it closed', async () => {
    const { socket, browser } = arrange();
    for (const close of closers.splice(0)) close();
    socket.deliver(response(...announcement('x', 'id=1', 'port=1')), SOURCE);
    await settle();
    expect(browser.services).toHaveLength(0);
  });
});
