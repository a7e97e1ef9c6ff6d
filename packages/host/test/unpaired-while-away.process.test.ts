import { describe, expect, it } from 'vitest';
import { isRemoved, loopbackDevice, pairHosts } from './loopback-device.ts';

describe('a device that was unpaired while it was away', () => {
  it('is told when it comes, however young the pairing is, forgets the other one, and can pair again', async () => {
    const [laptop, phone] = [loopbackDevice('laptop'), loopbackDevice('phone')];
    const atLaptop = await laptop.open();
    let atPhone = await phone.open();
    await pairHosts(atLaptop, atPhone);
    const phoneId = atPhone.self.id;

    await atPhone.stop();
    await atLaptop.unpair(phoneId);
    atPhone = await phone.open();
    await isRemoved(atPhone);
    expect(atPhone.devices()).toEqual([]);
    expect(atLaptop.devices()).toEqual([]);

    await pairHosts(atLaptop, atPhone);
    expect([atLaptop.devices().length, atPhone.devices().length]).toEqual([1, 1]);
  });
});
