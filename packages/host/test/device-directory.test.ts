import { brandAs, deviceIdOf, type EndpointId, type PeerDevice, type SocketAddress } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { deviceDirectory } from '../src/device-directory.ts';

const peer = (digit: string, name: string): PeerDevice => {
  const endpointId = brandAs<EndpointId>(digit.repeat(64));
  return {
    id: deviceIdOf(endpointId),
    endpointId,
    name,
    platform: 'linux',
    pairingState: 'paired',
    pairedAtMs: 0,
    relayInfo: null,
    directAddresses: [{ address: brandAs<SocketAddress>('192.0.2.1:1'), seenAtMs: 0 }],
    incarnation: 1,
    lastReceived: null,
    lastSeenAtMs: null,
  };
};

describe('deviceDirectory', () => {
  const laptop = peer('a', 'Laptop');
  const phone = peer('b', 'phone');
  const filled = () => {
    const directory = deviceDirectory();
    directory.put(laptop);
    directory.put(phone);
    return directory;
  };

  it('finds a device by id, beginning of the id, endpoint id, and name in any case', () => {
    const directory = filled();
    for (const query of [laptop.id, laptop.id.slice(0, 10), laptop.endpointId, 'laptop', ' LAPTOP ']) {
      expect(directory.find(query)).toBe(laptop);
    }
  });

  it('names the devices there are when none fits', () => {
    expect(() => filled().find('tablet')).toThrow(
      'No paired device is called "tablet"; paired devices: Laptop, phone.',
    );
    expect(() => deviceDirectory().find('x')).toThrow('no device is paired yet');
  });

  it('names the ids when several fit', () => {
    const directory = filled();
    directory.put(peer('c', 'laptop'));
    expect(() => directory.find('laptop')).toThrow(/fits 2 devices \(d-\w+ called "Laptop", d-\w+ called "laptop"\)/);
  });

  it('finds a name however it is typed', () => {
    const directory = filled();
    const cafe = peer('c', 'Anna’s Café');
    directory.put(cafe);
    for (const query of ["anna's cafe\u0301", 'ANNA’S CAFÉ', 'Anna‘s Café']) expect(directory.find(query)).toBe(cafe);
  });

  it('takes a name for no beginning of an id of another device, nor the other way round', () => {
    const directory = filled();
    const beginning = laptop.id.slice(0, 6);
    const liar = peer('c', beginning.toUpperCase());
    directory.put(liar);
    expect(() => directory.find(beginning)).toThrow(
      expect.objectContaining({ code: 'DEVICE_AMBIGUOUS', data: { query: beginning, matches: [laptop.id, liar.id] } }),
    );
    expect(directory.find(laptop.id.slice(0, 7))).toBe(laptop);
  });

  it('means by a whole id its device, whatever another one is called', () => {
    const directory = filled();
    directory.put(peer('c', laptop.id));
    directory.put(peer('d', laptop.endpointId));
    expect(directory.find(laptop.id)).toBe(laptop);
    expect(directory.find(laptop.endpointId)).toBe(laptop);
  });

  it('does not read two characters as the beginning of an id', () => {
    expect(() => filled().find('d-')).toThrow('No paired device');
  });

  it('puts sightings before known addresses, without repeats, and bounds them', () => {
    const directory = filled();
    directory.noteSighting(laptop.id, [brandAs<SocketAddress>('192.0.2.9:9'), brandAs<SocketAddress>('192.0.2.1:1')]);
    expect(directory.addressesOf(laptop.id)).toEqual(['192.0.2.9:9', '192.0.2.1:1']);
    for (let port = 1; port <= 100; port += 1) {
      directory.noteSighting(laptop.id, [brandAs<SocketAddress>(`192.0.2.7:${port}`)]);
    }
    expect(directory.addressesOf(laptop.id)).toHaveLength(9);
    expect(directory.addressesOf(laptop.id)[0]).toBe('192.0.2.7:100');
  });

  it('forgets a removed device and its sightings', () => {
    const directory = filled();
    directory.noteSighting(laptop.id, [brandAs<SocketAddress>('192.0.2.9:9')]);
    directory.remove(laptop.id);
    expect(directory.addressesOf(laptop.id)).toEqual([]);
    expect(directory.getByEndpoint(laptop.endpointId)).toBeUndefined();
  });
});
