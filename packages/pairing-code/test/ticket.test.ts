import { brandAs, type EndpointId, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ticketChecksum } from '../src/format-ticket.ts';
import {
  formatTicket,
  formatTicketJson,
  parseCode,
  type Ticket,
  ticketAddressOf,
  wordsOfEntropy,
} from '../src/index.ts';

const TICKET: Ticket = {
  entropy: Uint8Array.from({ length: 16 }, (_, index) => index),
  endpointId: brandAs<EndpointId>('ab'.repeat(32)),
  relays: [
    { url: brandAs<RelayUrl>('https://relay.example/'), token: 'sesame' },
    { url: brandAs<RelayUrl>('http://10.0.0.1:3340/'), token: null },
  ],
  directAddresses: [brandAs<SocketAddress>('192.168.1.7:4242'), brandAs<SocketAddress>('[fd00::7]:4242')],
  deviceName: 'Ann’s laptop',
  expiresAtMs: 1_767_225_900_000,
};

const BARE: Ticket = {
  ...TICKET,
  endpointId: null,
  relays: [],
  directAddresses: [],
  deviceName: null,
  expiresAtMs: null,
};

const ticketOf = (text: string): Ticket => {
  const code = parseCode(text);
  if (code.kind !== 'ticket') throw new Error('not read as a ticket');
  return code.ticket;
};

const withoutTokens = (ticket: Ticket): Ticket => ({
  ...ticket,
  relays: ticket.relays.map(({ url }) => ({ url, token: null })),
});

/** A ticket of a version and with a body of our choice, with a good checksum. */
const forge = (version: number, body: Uint8Array): string => {
  const versionAndBody = Buffer.concat([Uint8Array.of(version), body]);
  return `bowline:${Buffer.concat([versionAndBody, ticketChecksum(versionAndBody)]).toString('base64url')}`;
};

const tickets: fc.Arbitrary<Ticket> = fc.record({
  entropy: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  endpointId: fc.option(
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((id) => brandAs<EndpointId>(Buffer.from(id).toString('hex'))),
  ),
  relays: fc.array(
    fc.record({
      url: fc
        .tuple(fc.domain(), fc.integer({ min: 1_024, max: 65_535 }))
        .map(([host, port]) => brandAs<RelayUrl>(new URL(`https://${host}:${port}/`).href)),
      token: fc.option(fc.stringMatching(/^[\x21-\x7e]{1,512}$/)),
    }),
    { maxLength: 4 },
  ),
  directAddresses: fc.array(
    fc.oneof(
      fc
        .tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 }))
        .map(([ip, port]) => brandAs<SocketAddress>(`${ip}:${port}`)),
      fc
        .tuple(fc.ipV6(), fc.integer({ min: 1, max: 65_535 }))
        .map(([ip, port]) => brandAs<SocketAddress>(`[${ip}]:${port}`)),
    ),
    { maxLength: 8 },
  ),
  deviceName: fc.option(fc.stringMatching(/^[A-Za-z][A-Za-z0-9 ]{0,40}[a-z]$/).map((name) => name.replace(/ +/g, ' '))),
  expiresAtMs: fc.option(fc.integer({ min: 0, max: 8_640_000_000_000_000 })),
});

describe('tickets', () => {
  it('come back from the compact form, with tokens only when asked for', () => {
    fc.assert(
      fc.property(tickets, (ticket) => {
        expect(ticketOf(formatTicket(ticket, { includeTokens: true }))).toEqual(ticket);
        expect(ticketOf(formatTicket(ticket))).toEqual(withoutTokens(ticket));
      }),
    );
  });

  it('come back from JSON, with tokens only when asked for', () => {
    fc.assert(
      fc.property(tickets, (ticket) => {
        expect(ticketOf(formatTicketJson(ticket, { includeTokens: true }))).toEqual(ticket);
        expect(ticketOf(formatTicketJson(ticket))).toEqual(withoutTokens(ticket));
      }),
    );
  });

  it('hold as little as the code alone', () => {
    expect(ticketOf(formatTicket(BARE))).toEqual(BARE);
    expect(ticketOf(formatTicketJson(BARE))).toEqual(BARE);
    expect(ticketAddressOf(BARE)).toBeNull();
  });

  it('tell an address to dial', () => {
    expect(ticketAddressOf(TICKET)).toEqual({
      endpointId: TICKET.endpointId,
      relayUrls: ['https://relay.example/', 'http://10.0.0.1:3340/'],
      directAddresses: TICKET.directAddresses,
    });
  });

  it('do not name a token nobody asked to share', () => {
    expect(Buffer.from(formatTicket(TICKET).slice(8), 'base64url').toString('latin1')).not.toContain('sesame');
    expect(formatTicketJson(TICKET)).not.toContain('sesame');
  });

  it('stay small enough for a QR code', () => {
    expect(formatTicket(TICKET).length).toBeLessThan(300);
  });

  it('leave out what is beyond the limits', () => {
    const many = {
      ...TICKET,
      relays: Array.from({ length: 9 }, () => ({ url: brandAs<RelayUrl>('https://r.example/'), token: null })),
      directAddresses: Array.from({ length: 20 }, () => brandAs<SocketAddress>('10.0.0.1:1')),
    };
    const back = ticketOf(formatTicket(many));
    expect([back.relays.length, back.directAddresses.length]).toEqual([4, 8]);
  });

  it.each<[string, (text: string) => string]>([
    ['an upper-case scheme', (text) => text.replace('bowline:', 'BOWLINE:')],
    ['slashes after the scheme', (text) => text.replace('bowline:', 'bowline://')],
    ['line breaks inside', (text) => text.replace(/(.{40})/g, '$1\r\n')],
    ['angle brackets', (text) => `<${text}>`],
    ['padding', (text) => `${text}==`],
  ])('are read with %s', (_name, change) => {
    expect(ticketOf(change(formatTicket(TICKET)))).toEqual(withoutTokens(TICKET));
  });

  it('that were cut or changed anywhere are refused as damaged', () => {
    const text = formatTicket(TICKET);
    for (let end = 9; end < text.length; end += 1) {
      expect(() => parseCode(text.slice(0, end))).toThrow(
        expect.objectContaining({ code: 'TICKET_INVALID', problem: 'damaged' }),
      );
    }
    for (let at = 8; at < text.length - 1; at += 1) {
      const other = text[at] === 'A' ? 'B' : 'A';
      expect(() => parseCode(`${text.slice(0, at)}${other}${text.slice(at + 1)}`)).toThrow(
        expect.objectContaining({ code: 'TICKET_INVALID' }),
      );
    }
  });

  it('of a newer version say so, and damaged ones do not pretend to be newer', () => {
    const newer = forge(2, Uint8Array.of(1, 2, 3));
    expect(() => parseCode(newer)).toThrow(expect.objectContaining({ code: 'TICKET_NEWER', data: { version: 2 } }));
    expect(() => parseCode(newer.slice(0, -1))).toThrow(expect.objectContaining({ code: 'TICKET_INVALID' }));
    expect(() => parseCode('{"type":"bowline-ticket","version":2}')).toThrow(
      expect.objectContaining({ code: 'TICKET_NEWER' }),
    );
    expect(() => parseCode(forge(0, encodeFrame({})))).toThrow(expect.objectContaining({ problem: 'not-a-ticket' }));
  });

  it.each<[string, unknown]>([
    ['no code', { r: [], a: [] }],
    ['a short code', { e: new Uint8Array(15), r: [], a: [] }],
    ['a field nobody knows', { e: new Uint8Array(16), r: [], a: [], z: 1 }],
    ['a relay URL with a password', { e: new Uint8Array(16), r: [['https://a:b@c/']], a: [] }],
    ['five relays', { e: new Uint8Array(16), r: Array.from({ length: 5 }, () => ['https://c/']), a: [] }],
    ['nine addresses', { e: new Uint8Array(16), r: [], a: Array.from({ length: 9 }, () => '1.1.1.1:1') }],
    ['a host name as address', { e: new Uint8Array(16), r: [], a: ['example.org:1'] }],
    ['an expiry that is no date', { e: new Uint8Array(16), r: [], a: [], x: -1 }],
    ['a list', []],
  ])('with a good checksum but %s are refused', (_name, body) => {
    expect(() => parseCode(forge(1, encodeFrame(body)))).toThrow(expect.objectContaining({ problem: 'fields' }));
  });

  it('clean the device name', () => {
    const name = `evil\u202e\u0007 ${'x'.repeat(200)}`;
    expect(ticketOf(formatTicket({ ...TICKET, deviceName: name })).deviceName).toMatch(/^evil x{59}$/);
    expect(ticketOf(formatTicket({ ...TICKET, deviceName: '\u202e' })).deviceName).toBeNull();
  });
});

describe('JSON', () => {
  const words = wordsOfEntropy(TICKET.entropy);

  it('of Spacedrive’s QR code is read', () => {
    const node_id = 'cd'.repeat(32);
    expect(ticketOf(JSON.stringify({ version: 2, words, node_id }))).toEqual({ ...BARE, endpointId: node_id });
    expect(ticketOf(JSON.stringify({ version: 2, words, node_id: null }))).toEqual(BARE);
    expect(ticketOf(JSON.stringify({ version: 2, words }))).toEqual(BARE);
  });

  it('of a newer Spacedrive asks for an update', () => {
    expect(() => parseCode(JSON.stringify({ version: 3, words }))).toThrow(
      expect.objectContaining({ code: 'TICKET_NEWER' }),
    );
  });

  it('with mistyped words says which', () => {
    const typo = words.split(' ').with(4, 'abandn').join(' ');
    expect(() => parseCode(JSON.stringify({ version: 2, words: typo }))).toThrow(
      expect.objectContaining({ code: 'PAIRING_CODE_INVALID', problem: 'unknown-word' }),
    );
  });

  it.each<[string, string, string]>([
    ['broken', '{"version":2,', 'damaged'],
    ['something else', '{"hello":"world"}', 'not-a-ticket'],
    ['of another type', '{"type":"wallet","version":1}', 'not-a-ticket'],
    ['of version 1 of Spacedrive', JSON.stringify({ version: 1, words }), 'not-a-ticket'],
    ['without words', '{"version":2}', 'fields'],
    ['with a bad node id', JSON.stringify({ version: 2, words, node_id: 'xyz' }), 'fields'],
    ['endless', `{"version":2,"words":"${'a'.repeat(9_000)}"}`, 'too-long'],
  ])('that is %s is refused', (_name, text, problem) => {
    expect(() => parseCode(text)).toThrow(expect.objectContaining({ code: 'TICKET_INVALID', problem }));
  });

  it('does not appear in the errors about it', () => {
    try {
      parseCode(`{"version":2,"words":"${words}"`);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([String(error), error, String((error as Error).cause)])).not.toContain(words.slice(0, 20));
    }
  });
});
