import { describe, expect, it } from 'vitest';
import { placeArgument, portArgument, shownAtArgument } from '../src/pairing/at-argument.ts';
import { pairingPage } from '../src/pairing/pairing-page.ts';

describe('the place of a code', () => {
  it.each([
    ['4000', { host: null, port: 4000 }],
    ['nas.example:4000', { host: 'nas.example', port: 4000 }],
    ['[2001:db8::7]:4000', { host: '2001:db8::7', port: 4000 }],
  ])('is a port, with a host or without: %s', (text, place) => {
    expect(shownAtArgument(text)).toEqual(place);
  });

  it.each(['', '0', '65536', 'nas', 'nas:', '2001:db8::7:4000', 'http://nas:1'])('is nothing else: %s', (text) => {
    expect(() => shownAtArgument(text)).toThrow(/PORT or HOST:PORT/);
    expect(() => placeArgument(text)).toThrow(/must be HOST:PORT/);
    expect(() => portArgument(text)).toThrow(/UDP port/);
  });

  it('is looked for with a host', () => {
    expect(placeArgument('nas.example:4000')).toBe('nas.example:4000');
    expect(() => placeArgument('4000')).toThrow(/must be HOST:PORT/);
    expect(portArgument('4000')).toBe(4000);
  });
});

describe('the page of a code', () => {
  const offer = { words: 'one two three four', ticket: 'bowline:ticket', expiresAtMs: 300_000 };
  const terminal = { columns: 100, rows: 100, hasColors: false };

  it.each([
    [{ host: 'nas.example', port: 4000 }, 'bowline join --at nas.example:4000'],
    [{ host: '2001:db8::7', port: 4000 }, 'bowline join --at [2001:db8::7]:4000'],
    [{ host: null, port: 4000 }, 'bowline join --at HOST:4000'],
  ])('says what to type where it is found at a place: %o', (at, line) => {
    const page = pairingPage({ ...offer, at }, 0, terminal);
    expect(page).toContain(line);
    expect(page.includes('HOST is')).toBe(at.host === null);
  });

  it('says no more than the words otherwise', () => {
    expect(pairingPage({ ...offer, at: null }, 0, terminal)).not.toContain('--at');
  });
});
