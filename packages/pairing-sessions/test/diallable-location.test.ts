import { brandAs, type SocketAddress } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { diallableLocation } from '../src/diallable-location.ts';

const at = (...texts: readonly string[]) => texts.map((text) => brandAs<SocketAddress>(text));

describe('where another device or a ticket says it is', () => {
  const told = {
    relayUrls: [],
    directAddresses: at('127.0.0.1:80', '169.254.169.254:80', '10.0.0.7:1', '203.0.113.7:1'),
  };

  it('is dialled but for this machine, a link, and what describes a cloud machine', () => {
    const expected = { relayUrls: [], directAddresses: at('10.0.0.7:1', '203.0.113.7:1') };
    expect(diallableLocation(told, { allowsThisMachine: false })).toEqual(expected);
    expect(diallableLocation(told, {})).toEqual(expected);
    expect(diallableLocation(told, null)).toEqual(expected);
  });

  it('is dialled on this machine by a device that stays there', () => {
    const { directAddresses } = diallableLocation(told, { allowsThisMachine: true });
    expect(directAddresses).toEqual(at('127.0.0.1:80', '10.0.0.7:1', '203.0.113.7:1'));
  });
});
