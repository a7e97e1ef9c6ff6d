import { stripVTControlCharacters } from 'node:util';
import { brandAs } from '@bowline/contracts';
import { formatTicket } from '@bowline/pairing-code';
import jsQR from 'jsqr';
import { expect, test } from 'vitest';
import { terminalQr } from '../src/pairing/terminal-qr.ts';

/** Its types describe a default export inside the module, which is the function itself. */
const readQr = jsQR as unknown as typeof jsQR.default;

const WIDE = { columns: 200, hasColors: true };
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
  expect(scan(terminalQr(ticket, WIDE))).toBe(ticket);
});

test('a ticket with a relay and two addresses fits into 80 columns', () => {
  const ticket = ticketWith(1);
  expect(scan(terminalQr(ticket, { columns: 80, hasColors: true }))).toBe(ticket);
});

test('every row is light on black whatever the colours of the terminal', () => {
  for (const row of terminalQr('bowline:AA', WIDE).split('\n')) {
    expect(row).toContain('\u001b[97m');
    expect(row).toContain('\u001b[40m');
  }
});

test('without colours it holds nothing but blocks', () => {
  expect(terminalQr('bowline:AA', { ...WIDE, hasColors: false })).toMatch(/^[ █▀▄\n]+$/);
});

test('a terminal that is too narrow gets a sentence instead of a torn picture', () => {
  expect(terminalQr(ticketWith(4), { columns: 60, hasColors: true })).toMatch(/needs \d+ columns, and this .* has 60/);
});

test('a ticket that no QR code can hold gets a sentence', () => {
  expect(terminalQr('a'.repeat(2_954), WIDE)).toContain('too long for a QR code');
  expect(scan(terminalQr('a'.repeat(2_953), WIDE))).toBe('a'.repeat(2_953));
});
