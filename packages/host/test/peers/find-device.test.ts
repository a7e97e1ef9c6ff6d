import { describe, expect, it } from 'vitest';
import { findDevice } from '../../src/peers/find-device.ts';
import { peerDevice } from '../scripted-system.ts';

describe('findDevice', () => {
  const laptop = peerDevice(2, { name: 'Laptop' });
  const phone = peerDevice(3, { name: 'phone' });
  const find = (query: string) => findDevice([laptop, phone], query);

  it('finds a device by id, beginning of the id, endpoint id, and name in any case', () => {
    for (const query of [laptop.id, laptop.id.slice(0, 10), laptop.endpointId, 'laptop', ' LAPTOP ']) {
      expect(find(query)).toBe(laptop);
    }
  });

  it('names the devices there are when none fits', () => {
    expect(() => find('tablet')).toThrow('No paired device is called "tablet"; paired devices: Laptop, phone.');
    expect(() => findDevice([], 'x')).toThrow('no device is paired yet');
  });

  it('names the ids when several fit', () => {
    const another = peerDevice(4, { name: 'laptop' });
    expect(() => findDevice([laptop, another], 'laptop')).toThrow(/fits 2 devices \(d-\w+, d-\w+\)/);
  });

  it('does not read two characters as the beginning of an id', () => {
    expect(() => find('d-')).toThrow('No paired device');
  });
});
