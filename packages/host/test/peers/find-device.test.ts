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
    const found = () => findDevice([laptop, another], 'laptop');
    expect(found).toThrow(/fits 2 devices \(d-\w+ called "Laptop", d-\w+ called "laptop"\)/);
  });

  it('finds a name however it is typed', () => {
    const cafe = peerDevice(4, { name: 'Office’s Café' });
    for (const query of ["office's cafe\u0301", 'OFFICE’S CAFÉ', 'Office‘s Café']) {
      expect(findDevice([laptop, cafe], query)).toBe(cafe);
    }
  });

  it('takes a name for no beginning of an id of another device, nor the other way round', () => {
    const beginning = laptop.id.slice(0, 6);
    const liar = peerDevice(4, { name: beginning.toUpperCase() });
    expect(() => findDevice([laptop, liar], beginning)).toThrow(
      expect.objectContaining({ code: 'DEVICE_AMBIGUOUS', data: { query: beginning, matches: [laptop.id, liar.id] } }),
    );
    expect(findDevice([laptop, liar], laptop.id.slice(0, 7))).toBe(laptop);
  });

  it('means by a whole id its device, whatever another one is called', () => {
    const liars = [peerDevice(4, { name: laptop.id }), peerDevice(5, { name: laptop.endpointId })];
    expect(findDevice([...liars, laptop], laptop.id)).toBe(laptop);
    expect(findDevice([...liars, laptop], laptop.endpointId)).toBe(laptop);
  });

  it('does not read two characters as the beginning of an id', () => {
    expect(() => find('d-')).toThrow('No paired device');
  });
});
