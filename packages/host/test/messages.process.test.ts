import { describe, expect, it } from 'vitest';
import type { Host, ReceivedMessage } from '../src/index.ts';
import { isLinked, loopbackDevice, nextEvent, pairHosts } from './loopback-device.ts';

const bodies = async (host: Host): Promise<readonly unknown[]> => {
  const found: unknown[] = [];
  for (let page = await host.messages(); page.length > 0; ) {
    found.push(...page.map(({ body }) => body));
    page = await host.messages({ afterPosition: page.at(-1)?.position ?? 0 });
  }
  return found;
};

const takeAll = async (host: Host): Promise<void> => {
  for (let page = await host.messages(); page.length > 0; page = await host.messages()) {
    await host.takeMessages(page.map(({ position }) => position));
  }
};

const deviceOf = (host: Host) => {
  const [device] = host.devices();
  if (device === undefined) throw new Error('nobody is paired');
  return device;
};

/** Resolves with the taken bodies once there are `count`. */
const takenBy = (host: Host, count: number): Promise<readonly unknown[]> =>
  new Promise((resolve) => {
    const taken: unknown[] = [];
    host.onMessage(({ body }: ReceivedMessage) => {
      taken.push(body);
      if (taken.length === count) resolve(taken);
    });
  });

describe('a message that was delivered', () => {
  it('is kept until it is taken, across restarts, and taken once', async () => {
    const [laptop, nas] = [loopbackDevice('laptop'), loopbackDevice('nas')];
    const sender = await laptop.open();
    let receiver = await nas.open();
    await pairHosts(sender, receiver);
    await sender.send(deviceOf(sender).id, 'one');
    await sender.send(deviceOf(sender).id, Uint8Array.of(0, 255));
    expect((await receiver.status()).inbox).toEqual({ count: 2, bytes: 7 });
    await receiver.stop();
    receiver = await nas.open();
    expect(await bodies(receiver)).toEqual(['one', Uint8Array.of(0, 255)]);
    expect(await takenBy(receiver, 2)).toEqual(['one', Uint8Array.of(0, 255)]);
    await receiver.stop();
    receiver = await nas.open();
    expect(await bodies(receiver)).toEqual([]);
  });
});

describe('a message that is kept', () => {
  it('is delivered after restarts of its sender, in order and once', async () => {
    const [laptop, nas] = [loopbackDevice('laptop'), loopbackDevice('nas')];
    let sender = await laptop.open();
    let receiver = await nas.open();
    await pairHosts(sender, receiver);
    const { id } = deviceOf(sender);
    await receiver.stop();
    const texts = Array.from({ length: 100 }, (_, index) => `message ${index}`);
    for (const text of texts) await sender.send(id, text, { persist: true });
    expect((await sender.status()).peers[0]?.waiting).toMatchObject({ count: 100 });
    await sender.stop();
    receiver = await nas.open();
    const taken = takenBy(receiver, 101);
    // It stops while they travel, and goes on where it was.
    sender = await laptop.open();
    await isLinked(sender);
    await sender.stop();
    sender = await laptop.open();
    const last = await sender.send(id, 'the last one', { persist: true });
    await last.delivered;
    expect(await taken).toEqual([...texts, 'the last one']);
    expect((await sender.status()).peers[0]?.waiting).toEqual({ count: 0, bytes: 0 });
  });

  it('is told to be dropped when its device is unpaired', async () => {
    const [laptop, nas] = [loopbackDevice('laptop'), loopbackDevice('nas')];
    const sender = await laptop.open();
    const receiver = await nas.open();
    await pairHosts(sender, receiver);
    const { id } = deviceOf(sender);
    await receiver.stop();
    const { delivered } = await sender.send(id, 'for nobody', { persist: true });
    const outcome = delivered.catch((error: unknown) => error);
    await sender.unpair(id);
    expect(await outcome).toMatchObject({ code: 'DEVICE_REMOVED' });
  });
});

describe('more messages than may wait', () => {
  it('are held back and told, cost no other device anything, and arrive once there is room', async () => {
    const hub = await loopbackDevice('hub').open();
    const [flooder, other] = [await loopbackDevice('flooder').open(), await loopbackDevice('other').open()];
    await pairHosts(hub, flooder);
    await pairHosts(hub, other);
    const { id } = deviceOf(flooder);
    await other.send(deviceOf(other).id, 'unread');
    const told = nextEvent(flooder, 'messages.heldBack');
    // 128 of them fill the 32 MiB of one device.
    const large = new Uint8Array(262_143);
    const sending = Promise.all(Array.from({ length: 140 }, () => flooder.send(id, large, { deadlineMs: 120_000 })));
    expect(await told).toMatchObject({ by: 'peer', reason: 'inboxFull' });
    expect((await flooder.status()).peers[0]).toMatchObject({ heldBack: 'inboxFull' });
    // Another device is not affected, and nothing of it is lost.
    await other.send(deviceOf(other).id, 'still delivered');
    const fromOther = hub.devices().find(({ name }) => name === 'other')?.id;
    const unread = await hub.messages(fromOther === undefined ? {} : { deviceId: fromOther });
    expect(unread.map(({ body }) => body)).toEqual(['unread', 'still delivered']);
    const { entries } = { entries: await hub.journal({ afterPosition: 0, limit: 1_000 }) };
    expect(entries.filter(({ event }) => event === 'pairing.completed')).toHaveLength(2);
    // Whoever takes them makes room for the rest.
    let isSent = false;
    void sending.then(() => {
      isSent = true;
    });
    while (!isSent) await takeAll(hub);
    await sending;
  }, 240_000);
});
