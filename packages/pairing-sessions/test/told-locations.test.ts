import { brandAs, type SocketAddress } from '@bowline/contracts';
import { formatTicket, parseCode } from '@bowline/pairing-code';
import { describe, expect, it } from 'vitest';
import { type TestDevice, testWorld } from './devices.ts';

const LAN_ONLY = { relayUrls: [], meetingRelayUrls: [], hasMdns: false };
const HOSTILE = ['127.0.0.1:22', '169.254.169.254:80', '[fe80::1]:80', '100.100.100.200:80'].map((text) =>
  brandAs<SocketAddress>(text),
);

/** Every direct address that a device dials. */
const dialledBy = (device: TestDevice): ReadonlySet<SocketAddress> => {
  const dialled = new Set<SocketAddress>();
  const { request } = device.endpoint;
  Object.assign(device.endpoint, {
    request: (...[name, input, ...rest]: Parameters<typeof request>) => {
      if (name === 'dial' && 'connectionId' in input && 'to' in input)
        for (const each of input.directAddresses ?? []) dialled.add(each);
      return request(name, input, ...rest);
    },
  });
  return dialled;
};

describe('a ticket', () => {
  it('that names this machine and what only it can reach does not have it knock there', async () => {
    const world = testWorld();
    const nas = await world.device('nas', LAN_ONLY);
    const laptop = await world.device('laptop', LAN_ONLY);
    const dialled = dialledBy(laptop);
    const parsed = parseCode((await nas.offer()).ticket);
    if (parsed.kind !== 'ticket') throw new Error('no ticket');
    const { ticket } = parsed;
    await laptop.join(formatTicket({ ...ticket, directAddresses: [...HOSTILE, ...ticket.directAddresses] }));
    await world.clock.advance(100);
    expect(laptop.completed()).toHaveLength(1);
    expect([...dialled].filter((address) => HOSTILE.includes(address))).toEqual([]);
    expect(dialled.size).toBeGreaterThan(0);
  });
});
