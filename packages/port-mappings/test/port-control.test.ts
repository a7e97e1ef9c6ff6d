import { describe, expect, it } from 'vitest';
import { locationOf } from '../src/find-routers.ts';
import { portControlsOf, textOf } from '../src/port-control.ts';

const LOCATION = new URL('http://192.168.1.1:5000/root.xml');
const service = (type: string, path: string): string =>
  `<service><serviceType>urn:schemas-upnp-org:service:${type}</serviceType><controlURL>${path}</controlURL></service>`;

describe('where a router is asked about its ports', () => {
  it('is at the services that open them, by whatever URL is within it', () => {
    const description = [
      service('Layer3Forwarding:1', '/l3'),
      service('WANIPConnection:1', '/control?a=1'),
      service('WANPPPConnection:1', 'http://192.168.1.1:5001/ppp'),
    ].join('\n');
    expect(portControlsOf(description, LOCATION).map(({ url }) => url)).toEqual([
      'http://192.168.1.1:5000/control?a=1',
      'http://192.168.1.1:5001/ppp',
    ]);
  });

  it('follows the base that the router names', () => {
    const description = `<URLBase>http://192.168.1.1:49000/</URLBase>${service('WANIPConnection:2', 'ctl')}`;
    expect(portControlsOf(description, LOCATION)[0]?.url).toBe('http://192.168.1.1:49000/ctl');
  });

  it.each([
    service('WANIPConnection:1', 'http://198.51.100.1/control'),
    service('WANIPConnection:1', 'file:///etc/passwd'),
    service('WANIPConnection:1', 'https://192.168.1.1/control'),
    service('WANIPConnection:3', '/control'),
    '<service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType></service>',
    '',
  ])('is nowhere else: %s', (description) => {
    expect(portControlsOf(description, LOCATION)).toEqual([]);
  });

  it('is read of the first element, with attributes or without', () => {
    expect(textOf('<a x="1"> 5 </a><a>6</a>', 'a')).toBe('5');
    expect(textOf('<a>', 'a')).toBeUndefined();
  });
});

describe('an answer to a search', () => {
  const answer = (location: string, status = 200): string =>
    `HTTP/1.1 ${status} OK\r\nST: x\r\nLocation: ${location}\r\n\r\n`;

  it('leads to its sender on this network', () => {
    expect(locationOf(answer('http://192.168.1.1:5000/root.xml'), '192.168.1.1')?.href).toBe(LOCATION.href);
  });

  it.each([
    ['another host', answer('http://192.168.1.2/root.xml'), '192.168.1.1'],
    ['a host on the internet', answer('http://8.8.8.8/root.xml'), '8.8.8.8'],
    ['a name', answer('http://router.local/root.xml'), '192.168.1.1'],
    ['another scheme', answer('https://192.168.1.1/root.xml'), '192.168.1.1'],
    ['a refusal', answer('http://192.168.1.1/root.xml', 404), '192.168.1.1'],
    ['nothing', 'HTTP/1.1 200 OK\r\n\r\n', '192.168.1.1'],
    ['a long URL', answer(`http://192.168.1.1/${'x'.repeat(600)}`), '192.168.1.1'],
  ])('that names %s leads nowhere', (_what, packet, source) => {
    expect(locationOf(packet, source)).toBeUndefined();
  });
});
