import { brandAs, type DeviceId, type PeerObservation, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { seenAddresses } from '../src/seen-addresses.ts';

const by = brandAs<RelayUrl>('https://relay.example.org/');

const at = (address: string, atMs = 0) => ({ address: brandAs<SocketAddress>(address), by, atMs });

const said = (device: string, address: string): PeerObservation => ({
  deviceId: brandAs<DeviceId>(device),
  address: brandAs<SocketAddress>(address),
  seenAtMs: 0,
});

describe('what is kept', () => {
  it('is the last observation of each observer', () => {
    const kept = seenAddresses();
    kept.noteObserver('a', at('198.51.100.1:5000'));
    kept.noteObserver('a', at('198.51.100.1:6000', 1));
    expect(kept.list()).toEqual([{ ...at('198.51.100.1:6000', 1), witness: 'observer' }]);
    kept.forget();
    expect(kept.list()).toEqual([]);
  });

  it('is bounded, and the oldest goes first', () => {
    const kept = seenAddresses();
    for (let count = 0; count < 20; count += 1) kept.noteObserver(String(count), at(`198.51.100.1:${5_000 + count}`));
    expect(kept.list()).toHaveLength(16);
    expect(kept.list()[0]).toMatchObject({ address: '198.51.100.1:5004' });
  });

  it('is one word of each peer, of the last 64', () => {
    const kept = seenAddresses();
    kept.setPeers([said('d-1', '198.51.100.1:1'), said('d-1', '198.51.100.1:1')]);
    expect(kept.verdict(new Set())).toEqual({ hold: [], nat: 'unknown' });
    kept.setPeers(Array.from({ length: 100 }, (_, index) => said(`d-${index}`, '198.51.100.1:1')));
    expect(kept.list()).toHaveLength(64);
    kept.setPeers([]);
    expect(kept.list()).toEqual([]);
  });

  it.each(['127.0.0.1:1', '0.0.0.0:1', '169.254.1.1:1', '239.255.255.250:1', '[::1]:1', '[fe80::1]:1', '[ff02::1]:1'])(
    'is nothing from %s, which nobody elsewhere can dial',
    (address) => {
      const kept = seenAddresses();
      kept.noteObserver('a', at(address));
      kept.setPeers([said('d-1', address)]);
      expect(kept.list()).toEqual([]);
    },
  );
});
