import {
  BowlineError,
  brandAs,
  type EndpointId,
  type HostStatus,
  type RelayBudget,
  type RelayUrl,
  type SocketAddress,
  type TrafficReport,
} from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { printer } from '../src/output/printer.ts';
import { relayPage } from '../src/output/relay-page.ts';
import { eventSentence, statusPage } from '../src/output/sentences.ts';
import { table } from '../src/output/table.ts';
import { pairingPage } from '../src/pairing/pairing-page.ts';

const sink = () => {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text) };
};

describe('printer', () => {
  it('prints one JSON object a line for programs, and nothing else on stdout', () => {
    const [out, err] = [sink(), sink()];
    const { result, note, failure } = printer(true, out, err);
    result({ a: 1 }, 'for people');
    note('on the way');
    failure(new BowlineError({ code: 'CODE_USED', message: 'It was used.' }));
    expect(out.written).toEqual(['{"a":1}\n', '{"error":{"code":"CODE_USED","message":"It was used."}}\n']);
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
});

describe('statusPage', () => {
  it('says what is there, and what is not', () => {
    const status: HostStatus = {
      device: { id: brandAs('d-1'), endpointId: brandAs('ee'), name: 'laptop' },
      relays: [],
      network: {
        observed: [{ address: brandAs('198.51.100.1:5000'), by: brandAs('d-2'), at: '2026-01-01T00:00:00.000Z' }],
        nat: 'symmetric',
        addressDiscovery: { relay: brandAs('https://relay.example/'), addresses: [brandAs('198.51.100.1:5001')] },
      },
      peers: [{ id: brandAs('d-2'), name: 'phone', state: 'connected', path: 'direct', rttMs: 3, since: null }],
      workers: [{ name: 'endpoint', pid: 42, placement: 'process', state: 'started', restarts: 1 }],
    };
    const page = statusPage(status);
    expect(page).toContain('Relays: none (local network only)');
    expect(page).toMatch(/phone {2}d-2 {2}connected {2}direct {2}3 ms/);
    expect(page).toMatch(/Network: .*through relays\n {2}198\.51\.100\.1:5000 {2}seen by d-2 {2}2026/);
    expect(page).toContain('iroh asks https://relay.example/ for the public address: 198.51.100.1:5001');
    expect(page).toMatch(/endpoint {2}process {2}42 {2}started {2}1 restarts/);
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
    expect(page).toMatch(/relay\.example\/ {2}home {2}down \(auth\) {2}– {2}2 MB sent, 1 MB received/);
    expect(page).toMatch(/phone {2}2 MB sent, 1 MB received {2}3 MB today\n/);
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

  it('names the message and who sent it', () => {
    const sentence = eventSentence({
      event: 'message.received',
      from: brandAs('d-2'),
      fromName: 'phone',
      text: 'hi',
      bytesBase64: null,
    });
    expect(sentence).toBe('phone: hi');
  });
});

describe('pairingPage', () => {
  it('shows the words in order, the ticket, and a QR code', () => {
    const words = 'one two three four five six seven eight nine ten eleven twelve';
    const page = pairingPage({ words, ticket: 'bowline:abc', expiresAtMs: 300_000 }, 0);
    expect(page).toContain(`bowline join "${words}"`);
    expect(page).toContain('within the next 5 minutes');
    expect(page).toContain('bowline:abc');
    expect(page).toMatch(/ 1 one +2 two +3 three +4 four/);
    expect(page.split('\n').filter((line) => /^[ █▀▄]{20,}$/.test(line)).length).toBeGreaterThan(10);
  });
});
