import { describe, expect, it } from 'vitest';
import type { Host } from '../src/index.ts';
import { INLINE } from '../src/placement.ts';
import { loopbackDevice, nextEvent, pairHosts } from './loopback-device.ts';

/** All in this process: what is looked at is what they say to each other. */
const device = (name: string) => loopbackDevice(name, { placement: INLINE });

/** A second, and what a machine that is busy with other tests may add to it: a stream that is forgotten never ends. */
const ENDED_MS = 20_000;

/** How a pairing by a ticket of one ends for the other. */
const tryToPair = async (initiator: Host, joiner: Host): Promise<string> => {
  const offer = await initiator.pair({ policy: 'accept' });
  const { paired } = await joiner.join(offer.ticket);
  const code = await paired.then(
    () => 'PAIRED',
    (error: { readonly code: string }) => error.code,
  );
  await offer.cancel();
  return code;
};

describe('a blocked device', () => {
  it('loses what it has open within a second, cannot pair with any code, also after a restart, until it is unblocked', async () => {
    const [laptop, phone] = [device('laptop'), device('phone')];
    let atLaptop = await laptop.open();
    const atPhone = await phone.open();
    await atLaptop.serve('echo', async (stream) => stream.write(new Uint8Array(1)), { allow: 'paired' });
    await pairHosts(atLaptop, atPhone);
    const stream = await atPhone.device('laptop').open('echo');
    const broken = (async () => {
      for await (const _ of stream);
    })().catch((error: { readonly code: string }) => error.code);

    const gone = nextEvent(atPhone, 'device.removed');
    const startedMs = performance.now();
    const blocked = await atLaptop.device('phone').block();
    expect(await gone).toMatchObject({ name: 'laptop', by: 'peer' });
    await broken;
    expect(performance.now() - startedMs).toBeLessThan(ENDED_MS);
    expect(blocked).toMatchObject({ id: atPhone.self.id, name: 'phone' });
    expect(atLaptop.devices()).toEqual([]);

    expect(await tryToPair(atLaptop, atPhone)).toBe('BLOCKED');
    expect(await tryToPair(atPhone, atLaptop)).toBe('BLOCKED');
    await atLaptop.stop();
    atLaptop = await laptop.open();
    expect(atLaptop.blocked()).toEqual([blocked]);
    const refused = nextEvent(atLaptop, 'connection.refused');
    expect(await tryToPair(atLaptop, atPhone)).toBe('BLOCKED');
    expect(await refused).toMatchObject({ endpointId: atPhone.self.endpointId, name: 'blocked' });
    expect([atLaptop.devices(), atPhone.devices()]).toEqual([[], []]);

    await expect(atLaptop.unblock('tablet')).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
    await expect(atLaptop.block(atLaptop.self.endpointId)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await atLaptop.unblock('Phone');
    expect(atLaptop.blocked()).toEqual([]);
    await pairHosts(atLaptop, atPhone);
  });

  it('cannot finish a pairing that is under way', async () => {
    const [atLaptop, atPhone] = [await device('laptop').open(), await device('phone').open()];
    const offer = await atLaptop.pair({ policy: 'ask' });
    const asked = nextEvent(atLaptop, 'pairing.confirmationNeeded');
    const failed = nextEvent(atLaptop, 'pairing.failed');
    const join = await atPhone.join(offer.ticket);
    const outcome = join.paired.catch((error: { readonly code: string }) => error.code);
    await asked;
    await atLaptop.block(atPhone.self.endpointId);
    expect(await failed).toMatchObject({ code: 'BLOCKED', circumstance: { kind: 'blockedHere' } });
    expect(await outcome).toBe('BLOCKED');
    expect(atLaptop.devices()).toEqual([]);
  });
});
