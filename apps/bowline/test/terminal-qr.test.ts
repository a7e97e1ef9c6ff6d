import { stripVTControlCharacters } from 'node:util';
import { brandAs } from '@bowline/contracts';
import { formatTicket, parseCode, wordsOfEntropy } from '@bowline/pairing-code';
import jsQR from 'jsqr';
import { expect, test } from 'vitest';
import { pairingPage } from '../src/pairing/pairing-page.ts';
import { terminalQr } from '../src/pairing/terminal-qr.ts';

/** Its types describe a default export inside the module, which is the function itself. */
const readQr = jsQR as unknown as typeof jsQR.default;

const WIDE = { columns: 200, rows: 100, hasColors: true };

const drawnIn = (text: string, look = WIDE): string => {
  const qr = terminalQr(text, look);
  return 'drawn' in qr ? qr.drawn : '';
};
const PIXELS = 4;

/** Upper and lower module of a character, light as terminals draw it. */
const LIGHT: Readonly<Record<string, readonly [boolean, boolean]>> = {
  '█': [true, true],
  '▀': [true, false],
  '▄': [false, true],
  ' ': [false, false],
};

/** What a camera makes of the characters. */
const scan = (picture: string): string | undefined => {
  const rows = stripVTControlCharacters(picture)
    .split('\n')
    .flatMap((line) => [0, 1].map((half) => [...line].map((character) => LIGHT[character]?.[half] === true)));
  const width = (rows[0]?.length ?? 0) * PIXELS;
  const image = new Uint8ClampedArray(width * rows.length * PIXELS * 4).fill(255);
  for (const [y, row] of rows.entries()) {
    for (let pixel = 0; pixel < width * PIXELS; pixel += 1) {
      const isLight = row[Math.floor((pixel % width) / PIXELS)];
      image.fill(isLight ? 255 : 0, (y * width * PIXELS + pixel) * 4, (y * width * PIXELS + pixel) * 4 + 3);
    }
  }
  return readQr(image, width, rows.length * PIXELS, { inversionAttempts: 'dontInvert' })?.data;
};

const ticketWith = (relays: number): string =>
  formatTicket({
    entropy: new Uint8Array(16).fill(9),
    endpointId: brandAs('3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29'),
    relays: Array.from({ length: relays }, (_, index) => ({
      url: brandAs(`https://relay-${index}.example.org/`),
      token: null,
    })),
    directAddresses: [brandAs('192.168.178.21:41641'), brandAs('[2001:db8:1:2:3:4:5:6]:41641')],
    deviceName: 'laptop',
    expiresAtMs: 1_700_000_000_000,
  });

test.each([0, 1, 4])('a reader finds the ticket with %i relays in the picture', (relays) => {
  const ticket = ticketWith(relays);
  expect(scan(drawnIn(ticket))).toBe(ticket);
});

test('a ticket with a relay and two addresses fits into 80 columns', () => {
  const ticket = ticketWith(1);
  expect(scan(drawnIn(ticket, { ...WIDE, columns: 80 }))).toBe(ticket);
});

test('every row is light on black whatever the colours of the terminal', () => {
  for (const row of drawnIn('bowline:AA').split('\n')) {
    expect(row).toContain('\u001b[97m');
    expect(row).toContain('\u001b[40m');
  }
});

test('without colours it holds nothing but blocks', () => {
  expect(drawnIn('bowline:AA', { ...WIDE, hasColors: false })).toMatch(/^[ █▀▄\n]+$/);
});

test.each([
  ['narrow', { columns: 60, rows: 100 }],
  ['low', { columns: 100, rows: 24 }],
])('a terminal that is too %s is told what the picture needs', (_name, size) => {
  const ticket = ticketWith(4);
  const small = terminalQr(ticket, { ...size, hasColors: true });
  if (!('needs' in small) || small.needs === null) throw new Error('it was drawn');
  expect(scan(drawnIn(ticket, { ...small.needs, hasColors: true }))).toBe(ticket);
  expect(terminalQr(ticket, { ...small.needs, rows: small.needs.rows - 1, hasColors: true })).toEqual(small);
});

test('a ticket that no QR code can hold needs what no terminal has', () => {
  expect(terminalQr('a'.repeat(2_954), WIDE)).toEqual({ needs: null });
  expect(scan(drawnIn('a'.repeat(2_953)))).toBe('a'.repeat(2_953));
});

test('at 80 by 24 the page shows a picture of the code alone, and says how to see the whole', () => {
  const ticket = ticketWith(4);
  const words = wordsOfEntropy(new Uint8Array(16).fill(9));
  const page = pairingPage({ words, ticket, expiresAtMs: 60_000, at: null }, 0, {
    columns: 80,
    rows: 24,
    hasColors: false,
  });
  const picture = page.split('\n').filter((line) => /^[ █▀▄]{20,}$/.test(line));
  expect(picture.length).toBeLessThan(24);
  const parsed = parseCode(scan(picture.join('\n')) ?? '');
  expect(wordsOfEntropy(parsed.entropy)).toBe(words);
  expect(page).toMatch(/holds the words alone\. The QR code of the ticket needs \d+ columns and \d+ lines/);
});

test.each([20, 30, 45, 80])(
  'the words are broken at word ends at %i columns, and can be read back as selected',
  (columns) => {
    const words = wordsOfEntropy(new Uint8Array(16).fill(9));
    const offer = { words, ticket: ticketWith(1), expiresAtMs: 60_000, at: null };
    const page = pairingPage(offer, 0, { columns, rows: 24, hasColors: false });
    const rows = page.slice(page.indexOf('\n 1 ')).trimEnd();
    for (const row of rows.split('\n')) expect(row.length).toBeLessThanOrEqual(columns);
    expect(wordsOfEntropy(parseCode(rows).entropy)).toBe(words);
  },
);
