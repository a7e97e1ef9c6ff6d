import { brandAs, type EndpointId, type SocketAddress } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { atSameHost } from '../src/same-host.ts';

const at = (...addresses: readonly string[]) => ({
  endpointId: brandAs<EndpointId>('aa'.repeat(32)),
  relayUrls: [],
  directAddresses: addresses.map((each) => brandAs<SocketAddress>(each)),
});
const reached = (text: string) => brandAs<SocketAddress>(text);

describe('a device whose rendezvous endpoint was reached', () => {
  it('may be at the same host, at each of its ports, before anything else', () => {
    const told = at('172.17.0.2:4001', '10.0.0.2:4001', '[fd00::2]:4002');
    expect(atSameHost(told, reached('203.0.113.7:9000'))).toEqual(
      at('203.0.113.7:4001', '203.0.113.7:4002', '172.17.0.2:4001', '10.0.0.2:4001', '[fd00::2]:4002'),
    );
    expect(atSameHost(told, reached('[2001:db8::7]:9000')).directAddresses.slice(0, 2)).toEqual([
      '[2001:db8::7]:4001',
      '[2001:db8::7]:4002',
    ]);
  });

  it('is where it says when that was through a relay, and nowhere else when it names no port', () => {
    expect(atSameHost(at('10.0.0.2:4001'), null)).toEqual(at('10.0.0.2:4001'));
    expect(atSameHost(at(), reached('203.0.113.7:9000'))).toEqual(at());
  });

  it('is looked for at four ports of the host at most', () => {
    const told = at(...[1, 2, 3, 4, 5].map((port) => `10.0.0.2:${port}`));
    expect(atSameHost(told, reached('203.0.113.7:9000')).directAddresses).toHaveLength(9);
  });
});
