import { describe, expect, it } from 'vitest';
import { redactor } from '../../src/support/redactor.ts';

const { redact } = redactor(['Anna’s laptop', 'anna', '/home/anna/.bowline']);

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
    expect(redact(['device.connected', 'live.offering', 1, null, true, '12:30'])).toEqual([
      'device.connected',
      'live.offering',
      1,
      null,
      true,
      '12:30',
    ]);
  });
});
