import { describe, expect, it } from 'vitest';
import { isRemoved, loopbackDevice, nextEvent, pairHosts } from './loopback-device.ts';

describe('a device that is unpaired while it is connected', () => {
  it('is told on its link, which ends at once, and forgets the other one', async () => {
    const [laptop, phone] = [await loopbackDevice('laptop').open(), await loopbackDevice('phone').open()];
    await pairHosts(laptop, phone);
    const ended = [nextEvent(phone, 'device.disconnected'), nextEvent(phone, 'device.removed')] as const;
    const startedAtMs = performance.now();
    await laptop.unpair(phone.self.id);
    const [disconnected, removed] = await Promise.all(ended);
    console.info(
      `unpaired while connected: told and forgotten after ${(performance.now() - startedAtMs).toFixed(0)} ms`,
    );
    expect(disconnected).toMatchObject({ name: 'laptop', reason: 'unpaired' });
    expect(removed).toMatchObject({ name: 'laptop', by: 'peer' });
    expect([laptop.devices(), phone.devices()]).toEqual([[], []]);
    await expect(phone.send(laptop.self.id, 'still there?')).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
  });

  it('does not get in again, nor into the list, with the store it had before', async () => {
    const [laptop, phone] = [loopbackDevice('laptop'), loopbackDevice('phone')];
    const atLaptop = await laptop.open();
    let atPhone = await phone.open();
    await pairHosts(atLaptop, atPhone);
    const phoneId = atPhone.self.id;
    await atPhone.stop();
    const putBack = phone.backUp();
    const linked = nextEvent(atLaptop, 'device.connected');
    atPhone = await phone.open();
    await linked;
    const removed = nextEvent(atPhone, 'device.removed');
    await atLaptop.unpair(phoneId);
    await removed;

    await atPhone.stop();
    putBack();
    const connected: unknown[] = [];
    atLaptop.on('device.connected', (event) => connected.push(event));
    atPhone = await phone.open();
    await isRemoved(atPhone);
    expect([atLaptop.devices(), atPhone.devices(), connected]).toEqual([[], [], []]);
  });
});
