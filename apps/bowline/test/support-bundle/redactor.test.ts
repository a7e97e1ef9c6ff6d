import { describe, expect, it } from 'vitest';
import { redactor } from '../../src/support/redactor.ts';

const { redact } = redactor(['Anna’s laptop', 'anna', '/home/anna/.bowline']);

const redacted = (text: string, known: readonly string[] = []): string =>
  redactor(known).redact({ sentence: text }) as never as string;

describe('a redactor', () => {
  it.each([
    ['an IPv4 address', 'seen at 203.0.113.7:41641', '203.0.113.7'],
    ['an IPv6 address', 'seen at [2001:db8::7]:41641 and fe80::1%eth0', '2001:db8'],
    ['a link-local address', 'fe80::1%eth0 is near', 'fe80'],
    ['a URL with its host and token', 'https://relay.example.org/?token=abc', 'relay.example'],
    ['a host', 'the relay eu.relay.example.org is down', 'relay.example'],
    ['a device id', 'device d-0123456789abcdef left', 'd-0123456789abcdef'],
    ['an endpoint id', 'f'.repeat(64), 'ffff'],
    ['a token', 'Bearer Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4', 'Zm9v'],
    ['a path', 'cannot read /srv/private/thing.db', '/srv'],
    ['a name that is known', 'Anna’s laptop is offline', 'laptop'],
    ['a user', 'made by anna', 'anna'],
  ])('replaces %s', (_, text, secret) => expect(JSON.stringify(redact({ sentence: text }))).not.toContain(secret));

  it('leaves out what people write, codes and keys, and keeps codes of errors', () => {
    expect(redact({ words: 'abandon ability', token: 't', text: 'hello', secretKey: 'k', code: 'LINK_DOWN' })).toEqual({
      words: '<left out>',
      token: '<left out>',
      text: '<left out>',
      secretKey: '<left out>',
      code: 'LINK_DOWN',
    });
  });

  it('says the same for the same, and leaves words of the software', () => {
    const same = redact(['10.0.0.1', '10.0.0.2', '10.0.0.1']) as string[];
    expect(same[0]).toBe(same[2]);
    expect(same[0]).not.toBe(same[1]);
    const plain = [{ event: 'device.connected', state: 'live.offering' }, 1, null, true, '12:30'];
    expect(redact(plain)).toEqual(plain);
    expect(redact('runs on Node.js 24.1.0 on linux')).toBe('runs on Node.js 24.1.0 on linux');
  });
});

describe('what a support bundle holds', () => {
  it.each([
    'relay.alice.example',
    'device.alice.de',
    'worker.io',
    'bücher.example',
    'xn--bcher-kva.example',
    'nas.xn--p1ai',
    '192.168.1.20:4000',
    'fe80::1c2d:3e4f:5a6b:7c8d%wlan0',
    '[2001:db8::17]:41000',
    '::ffff:192.168.1.20',
    '64:ff9b::192.0.2.33',
    '00:1a:2b:3c:4d:5e',
    '00-1A-2B-3C-4D-5E',
    'enx001a2b3c4d5e',
    'br-0123456789ab',
    '/home/alice/.local/share/bowline',
    'C:\\Users\\alice\\bowline',
    'd-0123456789abcdef',
    'ws://alice:secret@relay/',
  ])('is not %s, nor any part of it', (text) => {
    const found = JSON.stringify(redacted(`It is at ${text}, and was not found.`));
    expect(found).toMatch(/It is at <[a-z]+ 1>,? and was not found\./);
  });

  it('is no name, however short, and no word loses its letters to one', () => {
    expect(redacted('é is away; étude and café are there', ['é'])).toEqual({
      sentence: '<name 1> is away; étude and café are there',
    });
    expect(redacted('bo, robots and "bo"', ['bo'])).toEqual({ sentence: '<name 1>, robots and "<name 1>"' });
    expect(redacted('The nas-2 of nas', ['nas', 'nas-2'])).toEqual({ sentence: 'The <name 1> of <name 2>' });
  });

  it('is what the software calls its own things, where it does', () => {
    const { redact } = redactor(['nas']);
    const lines = [
      { event: 'relay.stateChanged', by: 'dial.failed', from: 'live.offering', to: 'down' },
      { kind: 'device.connected', cause: 'relay.alice.example is the best relay that is connected.' },
      { event: 'nas' },
    ];
    expect(redact(lines)).toEqual([
      lines[0],
      { kind: 'device.connected', cause: '<host 1> is the best relay that is connected.' },
      { event: '<name 1>' },
    ]);
  });
});
