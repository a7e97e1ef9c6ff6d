import { describe, expect, it } from 'vitest';
import { type HostOptions, resolveHostOptions, resolveRelayChoice, storableRelayChoice } from '../src/options.ts';
import { PLACEMENTS } from '../src/placement.ts';

const resolve = (options: Readonly<Record<string, unknown>>) =>
  resolveHostOptions({ dataDir: '/somewhere', ...options } as unknown as HostOptions);

describe('resolveHostOptions', () => {
  it('fills in the defaults', () => {
    expect(resolve({})).toEqual({
      dataDir: '/somewhere',
      name: 'device',
      key: { kind: 'auto', passphrase: null, appKey: null },
      relay: null,
      mdns: true,
      announces: true,
      messages: 'keep',
      bind: [],
      port: null,
      tcp: true,
      allowsPublicTcp: false,
      relayAccess: {},
      placement: PLACEMENTS,
      workers: null,
      runsTasksInline: false,
      isLoopbackOnly: false,
    });
  });

  it.each([
    [['127.0.0.1'], true],
    [['127.0.0.1', '::1'], true],
    [['192.0.2.1'], false],
    [['127.0.0.1', '2001:db8::1'], false],
  ])('knows whether %j keeps the device on this machine', (bind, expected) => {
    expect(resolve({ bind }).isLoopbackOnly).toBe(expected);
  });

  it('puts everything inline when asked to, and finite jobs where a bundle has no files for them', () => {
    const inline = resolve({ placement: 'inline' });
    expect(new Set(Object.values(inline.placement))).toEqual(new Set(['inline']));
    expect(inline.runsTasksInline).toBe(true);
    const workers = new URL('file:///app/worker.js');
    expect(resolve({ workers })).toMatchObject({ workers, placement: PLACEMENTS, runsTasksInline: true });
  });

  it('looks on the local network without being announced there when asked to be quiet', () => {
    expect(resolve({ mdns: 'quiet' })).toMatchObject({ mdns: true, announces: false });
    expect(resolve({ mdns: false })).toMatchObject({ mdns: false, announces: false });
  });

  it.each([
    [{ dataDir: '' }, /"dataDir" must name a folder/],
    [{ name: '\u200b' }, /"name" must hold a visible character/],
    [{ mdns: 'yes' }, /"mdns" must be true, false or 'quiet'/],
    [{ bind: ['localhost'] }, /"bind" must hold IP addresses/],
    [{ tcp: 'no' as never }, /"tcp" must be true, false or 'public'/],
    [{ port: 0 }, /"port" must be a UDP port, 1 to 65535/],
    [{ port: 65_536 }, /"port" must be a UDP port/],
    [{ port: 1.5 }, /"port" must be a UDP port/],
    [{ bind: ['127.0.0.1', '127.0.0.2'] }, /at most one address of each family/],
    [{ placement: { nobody: 'inline' } }, /knows no worker "nobody"/],
    [{ placement: { endpoint: 'cloud' } }, /"placement.endpoint" must be/],
    [{ placement: { endpoint: 'thread' } }, /"placement.endpoint" must be 'process' or 'inline'/],
    [{ placement: { 'relay-switchboard': 'thread' } }, /"placement.relay-switchboard" must be 'process' or 'inline'/],
    [{ placement: 'thread' }, /"placement" must be 'inline' or an object/],
    [{ workers: './worker.js' }, /"workers" must be a file: URL/],
    [{ workers: new URL('https://example.org/worker.js') }, /"workers" must be a file: URL/],
    [{ dataDirectory: '/x' }, /"dataDirectory" is none of those there are: dataDir, name,/],
    [{ relay: { urls: [] } }, /"relay.urls" must hold 1 to 8 URLs/],
    [{ relay: { urls: ['ftp://a'] } }, /"relay.urls" must hold relay URLs/],
    [{ relay: { urls: [{ url: 'http://a', quicPort: 65_536 }] } }, /"relay.urls.quicPort" must be a port/],
    [{ relay: 'sometimes' }, /"relay" must be/],
  ])('refuses %j', (options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });
});

describe('resolveRelayChoice', () => {
  it('normalizes URLs and drops repeats', () => {
    const relay = (url: string) => ({ url, token: null, pinned: false, quicPort: null });
    expect(resolveRelayChoice({ urls: ['http://A', 'http://a/', 'http://b'] })).toEqual({
      relays: [relay('http://a/'), relay('http://b/')],
    });
  });

  it('takes a token, a pin and a port for address discovery, and reads back what it stores', () => {
    const choice = resolveRelayChoice({
      urls: [{ url: 'http://a', token: 'secret', pinned: true, quicPort: 7_842 }, 'http://b'],
    });
    expect(choice).toEqual({
      relays: [
        { url: 'http://a/', token: 'secret', pinned: true, quicPort: 7_842 },
        { url: 'http://b/', token: null, pinned: false, quicPort: null },
      ],
    });
    expect(resolveRelayChoice(storableRelayChoice(choice))).toEqual(choice);
  });

  it('refuses a token that no header could carry, without repeating it', () => {
    const refused = () => resolveRelayChoice({ urls: [{ url: 'http://a', token: 'two\nlines' }] });
    expect(refused).toThrow(/"relay.urls.token" must be/);
    expect(refused).not.toThrow(/lines/);
  });
});
