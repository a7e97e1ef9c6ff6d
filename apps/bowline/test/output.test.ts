import {
  BowlineError,
  brandAs,
  type DeviceId,
  type DeviceSummary,
  type EndpointId,
  type HostStatus,
  type RelayBudget,
  type RelayUrl,
  type SocketAddress,
  type TrafficReport,
} from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../src/output/display-width.ts';
import { printer } from '../src/output/printer.ts';
import { relayPage } from '../src/output/relay-page.ts';
import { discreetSentence, eventSentence } from '../src/output/sentences.ts';
import { statusPage } from '../src/output/status-page.ts';
import { table } from '../src/output/table.ts';
import { PLAIN_LOOK } from '../src/output/terminal-look.ts';
import { questionOf } from '../src/pairing/ask-to-accept.ts';
import { namesakeNote } from '../src/pairing/namesake-note.ts';
import { pairingPage } from '../src/pairing/pairing-page.ts';
import { sharingNote } from '../src/pairing/sharing-note.ts';

const sink = () => {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text) };
};

/** A title, a cleared screen, a colour by one byte, a line that reads backwards, and separators. */
const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202edelivered\u2066\u2028\u2029\r\b';

describe('printer', () => {
  it('prints one JSON object a line for programs, and nothing else on stdout', () => {
    const [out, err] = [sink(), sink()];
    const { result, note, failure } = printer(true, out, err);
    result({ a: 1 }, 'for people');
    note('on the way');
    failure(new BowlineError({ code: 'CODE_USED', message: 'It was used.' }));
    expect(out.written).toEqual([
      '{"a":1}\n',
      '{"event":"error","error":{"code":"CODE_USED","message":"It was used."}}\n',
    ]);
    expect(err.written).toEqual([]);
  });

  it('prints sentences for people, and failures on stderr', () => {
    const [out, err] = [sink(), sink()];
    const { result, note, failure } = printer(false, out, err);
    result({ a: 1 }, 'for people');
    result({ b: 2 }, null);
    note('on the way');
    failure(new Error('odd'));
    expect(out.written).toEqual(['for people\n']);
    expect(err.written).toEqual(['on the way\n', 'Something unexpected went wrong: odd\n']);
  });

  it.each([true, false])('lets nothing through that a terminal would act upon (JSON: %s)', (isJson) => {
    const [out, err] = [sink(), sink()];
    const { result, note, failure } = printer(isJson, out, err);
    result({ text: HOSTILE }, HOSTILE);
    note(HOSTILE);
    failure(new BowlineError({ code: 'CODE_USED', message: HOSTILE }));
    expect([...out.written, ...err.written].join('').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  it('says the same to programs as before', () => {
    const out = sink();
    const text = `${HOSTILE}\n\u{e0041}\ud800`;
    printer(true, out, sink()).result({ text }, null);
    expect(JSON.parse(out.written[0] ?? '')).toEqual({ text });
  });

  it('lets isolates through that are whole, and no other', () => {
    const out = sink();
    const { result } = printer(false, out, sink());
    result({}, '\u2068של\u2069 connected');
    result({}, '\u2068a\u202eb\u2069 \u2068open, \u2068in\u2069 \u2069');
    expect(out.written).toEqual([
      '\u2068של\u2069 connected\n',
      '\\u2068a\\u202eb\\u2069 \\u2068open, \u2068in\u2069 \\u2069\n',
    ]);
  });

  it('shows people what was said, line breaks, emoji and all', () => {
    const out = sink();
    const { result } = printer(false, out, sink());
    result({}, 'a\nb 👩\u200d🚀 \u001b[2J\u{e0041}');
    result({}, { drawn: '\u001b[1mQR\u001b[0m' });
    expect(out.written).toEqual(['a\nb 👩\u200d🚀 \\u001b[2J\\udb40\\udc41\n', '\u001b[1mQR\u001b[0m\n']);
  });
});

describe('table', () => {
  it('aligns columns and leaves the last one alone', () => {
    expect(
      table([
        ['a', 'bb', 'c'],
        ['aaa', 'b', 'c'],
      ]),
    ).toBe('a    bb  c\naaa  b   c');
  });

  it('aligns by what a terminal shows, whatever the script', () => {
    const rows = table(
      ['Café', 'Cafe\u0301', '居間のPC', '👩\u200d👩\u200d👧', 'می\u200cخواهم', 'क्षि'].map((name) => [name, '|']),
    );
    const ends = rows.split('\n').map((row) => displayWidth(row));
    expect(new Set(ends)).toEqual(new Set([displayWidth('居間のPC') + 3]));
  });

  it('is cut to the width of the terminal, the longest field first, and never within a character', () => {
    const name = '👩\u200d👩\u200d👧'.repeat(30);
    const [row = ''] = table([[name, 'd-0123456789abcdef', 'connected']], { ...PLAIN_LOOK, columns: 60 }).split('\n');
    expect(displayWidth(row)).toBeLessThanOrEqual(60);
    expect(row).toMatch(/^(?:👩\u200d👩\u200d👧)+… +d-0123456789abcdef {2}connected$/u);
  });

  it('keeps names that are written from right to left in their field, also where they are cut', () => {
    expect(table([['מחשב', 'connected', 'x']])).toBe('\u2068מחשב\u2069  connected  x');
    const [row = ''] = table([['מחשב '.repeat(12), 'connected', 'x']], { ...PLAIN_LOOK, columns: 30 }).split('\n');
    expect(row).toMatch(/^\u2068[^\u2068\u2069]+…\u2069 +connected {2}x$/u);
    expect(displayWidth(row)).toBeLessThanOrEqual(30);
  });

  it('colours a state where there are colours, and makes visible what another device said', () => {
    const cells = [{ text: `on\u001b[2J`, tone: 'good' }, 'x'] as const;
    expect(table([cells], { ...PLAIN_LOOK, hasColors: true })).toBe('\u001b[32mon\\u001b[2J\u001b[39m  x');
    expect(table([cells])).toBe('on\\u001b[2J  x');
  });
});

describe('statusPage', () => {
  it('says what is there, and what is not', () => {
    const status: HostStatus = {
      device: { id: brandAs('d-1'), endpointId: brandAs('ee'), name: 'laptop' },
      relays: [],
      homeReason: null,
      network: {
        families: ['ipv4'],
        // By both observers beside a relay.
        observed: [1_767_225_600_000, 1_767_225_590_000].map((atMs) => ({
          address: brandAs('198.51.100.1:5000'),
          by: brandAs('d-2'),
          atMs,
        })),
        nat: 'symmetric',
        addressDiscovery: { relay: brandAs('https://relay.example/'), addresses: [brandAs('198.51.100.1:5001')] },
        openedPort: { address: brandAs('203.0.113.7:5000'), isClosed: true, reason: '' },
        tcp: { reach: 'public', listeningAt: [] },
        mdns: {
          state: 'failing',
          problem: { code: 'portTaken', reason: 'Another program keeps UDP port 5353', remedy: 'end it' },
        },
      },
      store: { key: 'file', problem: { code: 'STORE_FULL', reason: 'the disk is full', remedy: 'free some space' } },
      inbox: { count: 3, bytes: 2_000 },
      peers: [
        {
          id: brandAs('d-2'),
          name: 'phone',
          state: 'connected',
          path: 'direct',
          relay: null,
          waiting: { count: 0, bytes: 0 },
          heldBack: null,
          rttMs: 3,
          tcp: { bytesPerSecond: 1_500_000 },
          tcpAbsence: null,
          bytes: {
            sinceMs: 1_767_225_600_000,
            direct: { sentBytes: 2_000_000, receivedBytes: 30 },
            relayed: { sentBytes: 0, receivedBytes: 0 },
          },
          sinceMs: null,
        },
      ],
      workers: [{ name: 'endpoint', pid: 42, placement: 'process', state: 'started', restarts: 1, failure: null }],
    };
    const page = statusPage(status, { nowMs: Date.parse('2026-01-01T00:05:00.000Z') });
    expect(page).toContain('Relays: none (local network only)');
    expect(page).toMatch(
      /Bytes since this device started, 5 minutes ago\n {2}Device .*\n {2}phone +2 MB sent, 30 B received +–\n/,
    );
    expect(page).toContain('Messages: 3 wait to be taken');
    expect(page).toContain('Store: the disk is full; free some space');
    expect(page).toMatch(/phone +d-2 +connected +direct, and TCP: 1\.5 MB\/s +3 ms +not since this start/);
    expect(page).toMatch(
      /Network: .*through relays\n {2}Seen at .*\n {2}198\.51\.100\.1:5000 {2}phone {2}5 minutes ago/,
    );
    expect(page).toContain('Large streams: by TCP on local networks and across the internet, otherwise by QUIC\n');
    expect(page).toContain('iroh asks https://relay.example/ for the public address: 198.51.100.1:5001');
    expect(page).toContain('Router: iroh had it open a port (203.0.113.7:5000), which was closed again');
    expect(page).toContain(
      'Local network: devices do not find each other: another program keeps UDP port 5353; end it',
    );
    expect(page).not.toContain('Workers');
    expect(page.match(/198\.51\.100\.1:5000 {2}phone/g)).toHaveLength(1);
    const nowhere = statusPage({ ...status, network: { ...status.network, families: [] } }, { nowMs: 0 });
    expect(nowhere).toContain('Network: this device is on no network\n');
    expect(nowhere).not.toContain('Local network:');
    const [phone] = status.peers;
    if (phone === undefined) throw new Error('there is a phone');
    const nothing = { sinceMs: 0, direct: phone.bytes.relayed, relayed: phone.bytes.relayed };
    expect(statusPage({ ...status, peers: [{ ...phone, bytes: nothing }] }, { nowMs: 0 })).not.toContain('Bytes');
    const relays = [
      { url: brandAs<RelayUrl>('https://r/'), role: 'home', state: 'connected', rttMs: 7, downReason: null } as const,
    ];
    const athome = statusPage({ ...status, relays, homeReason: 'it is the only one' }, { nowMs: 0 });
    expect(athome).toMatch(/https:\/\/r\/ +home +connected +7 ms\n {2}Why https:\/\/r\/ is home: it is the only one\n/);
    const lost = relays.map((relay) => ({ ...relay, state: 'down' as const, downReason: 'closed' as const }));
    expect(statusPage({ ...status, relays: lost, homeReason: 'it is the only one' }, { nowMs: 0 })).not.toContain(
      'Why',
    );
    const without = { ...status, peers: [{ ...phone, tcp: null, tcpAbsence: 'blocked' as const }] };
    expect(statusPage(without, { nowMs: 0 })).toMatch(/connected +direct, TCP blocked +3 ms/);
    const listeningAt = [brandAs<SocketAddress>('192.168.1.2:1'), brandAs<SocketAddress>('[2001:db8::1]:2')];
    const open = { ...status, network: { ...status.network, tcp: { reach: 'public' as const, listeningAt } } };
    expect(statusPage(open, { nowMs: 0 })).toContain('otherwise by QUIC; it listens at [2001:db8::1]:2\n');
    expect(statusPage(status, { nowMs: 0, isVerbose: true })).toMatch(/endpoint {2}process +42 +started +1/);
  });
});

describe('relayPage', () => {
  const count = { sentDatagrams: 2, sentBytes: 2_000_000, receivedDatagrams: 1, receivedBytes: 1_000_000 };
  const line = { ...count, droppedDatagrams: 3, droppedBytes: 9 };
  const url = brandAs<RelayUrl>('https://relay.example/');
  const phone = { endpointId: brandAs<EndpointId>('ee'), name: 'phone' };
  const relays = [{ url, role: 'home', state: 'down', downReason: 'auth', rttMs: null }] as const;
  const traffic = (budget: RelayBudget | null): TrafficReport => ({
    total: line,
    relays: [{ url, traffic: line }],
    peers: [{ endpointId: phone.endpointId, traffic: line, spentTodayBytes: 3_000_000 }],
    spentTodayBytes: 3_000_000,
    budget,
  });

  it('says what went through, for whom, and why a relay is down', () => {
    const page = relayPage(relays, traffic(null), [phone, { ...phone, endpointId: brandAs('ff'), name: 'away' }]);
    expect(page).toMatch(/relay\.example\/ +home +down: it does not admit this device +– +2 MB sent, 1 MB received/);
    expect(page).toMatch(/phone +2 MB sent, 1 MB received +3 MB today\n/);
    expect(page).toContain('In all: 2 MB sent, 1 MB received, 3 datagrams dropped; 3 MB today.');
    expect(page).not.toContain('away');
  });

  it('says what is left of a budget, and when nothing is', () => {
    const page = relayPage(relays, traffic({ peerBytesPerDay: 3_000_000, totalBytesPerDay: 4_000_000 }), [phone]);
    expect(page).toContain('3 MB today of 3 MB, only a trickle passes');
    expect(page).toMatch(/3 MB today of 4 MB\.$/);
  });
});

describe('eventSentence', () => {
  it('says where this device is seen', () => {
    const addresses = [brandAs<SocketAddress>('198.51.100.1:5000')];
    const sentence = eventSentence({ event: 'network.observed', addresses, nat: 'endpoint-independent' });
    expect(sentence).toMatch(/can connect directly: seen at 198\.51\.100\.1:5000$/);
    expect(eventSentence({ event: 'network.observed', addresses: [], nat: 'unknown' })).toMatch(/not known/);
  });

  it('is reordered by no name', () => {
    const told = { deviceId: brandAs<DeviceId>('d-1'), path: null } as const;
    const sentence = (name: string) => eventSentence({ event: 'device.connected', name, ...told });
    expect(sentence('מחשב')).toMatch(/^\u2068מחשב\u2069 connected /);
    expect(sentence('nas\u202edetcennocsid')).toMatch(/^nasdetcennocsid connected /);
    expect(sentence('\u0301')).toMatch(/^\u25cc\u0301 connected /);
  });

  it('names the message and who sent it', () => {
    const sentence = eventSentence({
      event: 'message.received',
      from: brandAs('d-2'),
      fromName: 'phone',
      text: 'hi',
      bytes: null,
    });
    expect(sentence).toBe('phone: hi');
  });

  it('stays one line, and says nothing of a message where it is kept', () => {
    const message = { event: 'message.received', from: brandAs<DeviceId>('d-2'), fromName: 'phone' } as const;
    const event = { ...message, text: 'hi\npaired with nas', bytes: null };
    expect(eventSentence(event)).toBe('phone: hi\\npaired with nas');
    expect(discreetSentence(event)).toBe('message from phone');
    expect(discreetSentence({ event: 'network.changed', cause: 'wake' })).toBe('the machine woke up');
  });
});

describe('pairingPage', () => {
  it('shows the words in order, the ticket, and a QR code', () => {
    const words = 'one two three four five six seven eight nine ten eleven twelve';
    const page = pairingPage({ words, ticket: 'bowline:abc', expiresAtMs: 300_000, at: null }, 0, {
      columns: 80,
      rows: 100,
      hasColors: false,
    });
    expect(page).toMatch(/run\n\n {2}bowline join\n/);
    expect(page).toContain('within the next 5 minutes');
    expect(page).toContain('bowline:abc');
    expect(page).toMatch(/ 1 one +2 two +3 three +4 four/);
    expect(page.split('\n').filter((line) => /^[ █▀▄]{20,}$/.test(line)).length).toBeGreaterThan(10);
  });
});

describe('sharingNote', () => {
  it('warns that whoever holds the ticket holds the token, for which relays', () => {
    expect(sharingNote(['https://a.example/'])).toMatch(
      /^Whoever holds this ticket.*holds your token for https:\/\/a\.example\//,
    );
  });

  it('says so when there is nothing to share', () => {
    expect(sharingNote([])).toContain('have no token');
  });
});

describe('the question before pairing', () => {
  const question = { authenticationString: '123456', peerName: 'phone', renewsName: null };

  it('names the device and the digits', () => {
    expect(questionOf(question)).toBe('"phone" has the code. Does it show 123 456 as well?');
  });

  it('says so when the device is paired already, by the name it has here', () => {
    expect(questionOf({ ...question, renewsName: 'pocket' })).toContain(
      'is paired already (here: "pocket") and would be paired anew',
    );
  });
});

describe('namesakeNote', () => {
  const device = (id: string, name: string) => ({ id, name, endpointId: id }) as unknown as DeviceSummary;

  it('names the other devices of that name, and how to remove them', () => {
    const note = namesakeNote(device('d-2', 'phone'), [device('d-1', 'Phone'), device('d-2', 'phone')]);
    expect(note).toMatch(/called phone, too: d-1\..*bowline unpair d-1$/);
  });

  it('is silent when there is none', () => {
    expect(namesakeNote(device('d-2', 'phone'), [device('d-1', 'laptop'), device('d-2', 'phone')])).toBeNull();
  });
});
