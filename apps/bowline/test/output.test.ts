import { BowlineError, brandAs, type HostStatus, type SocketAddress } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { printer } from '../src/output/printer.ts';
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
