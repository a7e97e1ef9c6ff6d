import { brandAs, type SocketAddress } from '@bowline/contracts';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { toldAddresses } from '../../src/peers/told-addresses.ts';
import { peerDevice } from '../scripted-system.ts';

const { id } = peerDevice(2);
const at = (...texts: readonly string[]) => texts.map((text) => brandAs<SocketAddress>(text));

const arrange = (isOnThisMachine = false) => {
  const clock = fakeClock();
  const { monotonicMs } = clock;
  return { clock, ...toldAddresses({ monotonicMs, allowsThisMachine: () => isOnThisMachine }) };
};

const REFUSED = at(
  '127.0.0.1:22',
  '127.8.8.8:80',
  '0.0.0.0:80',
  '[::1]:80',
  '[::]:80',
  '[::ffff:127.0.0.1]:80',
  '169.254.169.254:80',
  '169.254.1.1:80',
  '[::ffff:a9fe:a9fe]:80',
  '[fe80::1]:80',
  '[fd00:ec2::254]:80',
  '100.100.100.200:80',
  '224.0.0.251:5353',
  '255.255.255.255:9',
  '[ff02::fb]:5353',
);

describe('addresses that a device tells', () => {
  it('are not believed where they lead to this machine, to a link, or to many at once', () => {
    expect(arrange().accept(id, REFUSED, [])).toEqual([]);
    expect(arrange().accept(id, REFUSED, REFUSED)).toEqual([]);
  });

  it('of this machine are believed by a device that stays on it', () => {
    expect(arrange(true).accept(id, REFUSED, [])).toEqual(REFUSED.slice(0, 6));
  });

  it('of the internet and of private networks are believed, in order', () => {
    const told = at('203.0.113.7:4000', '192.168.1.20:4000', '10.9.8.7:4000', '100.64.1.2:4000', '[fd12::1]:4000');
    expect(arrange().accept(id, told, [])).toEqual(told);
  });

  it('of private networks are believed sixteen at once and one a minute, however they are told', async () => {
    const { accept, clock } = arrange();
    const believed = new Set<SocketAddress>();
    for (let round = 0; round < 100; round += 1) {
      const told = at(...Array.from({ length: 16 }, (_, nth) => `10.0.${round}.${nth}:80`));
      for (const address of accept(id, told, [])) believed.add(address);
    }
    expect(believed.size).toBe(16);
    await clock.advance(600_000);
    for (let nth = 0; nth < 100; nth += 1)
      for (const each of accept(id, at(`10.1.1.${nth}:80`), [])) believed.add(each);
    expect(believed.size).toBe(26);
  });

  it('that are known are believed again and again, and those of another device are its own', () => {
    const { accept } = arrange();
    const told = at(...Array.from({ length: 16 }, (_, nth) => `10.0.0.${nth}:80`));
    for (let round = 0; round < 100; round += 1) expect(accept(id, told, round === 0 ? [] : told)).toEqual(told);
    expect(accept(peerDevice(3).id, told, [])).toEqual(told);
  });
});
