import { BowlineError, type HostEvent } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { encodeMessageBody } from '../src/message-body.ts';
import { deliverMessages } from '../src/wiring/deliver-messages.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const nas = peerDevice(2);
const phone = peerDevice(3);

type Outcome = 'stored' | 'repeat' | 'full';
interface Received {
  readonly deviceId: string;
  readonly into: string;
  readonly received: { readonly incarnation: number; readonly sequence: number };
}

/** A store that answers as the test has it. */
const messageSystem = async (answer: (message: Received) => Outcome | Promise<Outcome>) => {
  const scripted = scriptedSystem({
    'persistence.receiveMessage': async (message: Received) => ({ outcome: await answer(message) }),
    'persistence.takeMessages': () => ({ taken: [{ position: 1, deviceId: nas.id }] }),
  });
  for (const device of [nas, phone]) await scripted.peers.adopt(device);
  const told: HostEvent[] = [];
  scripted.system.hub.onAny((event) => told.push(event));
  const cancel = deliverMessages(scripted.system);
  const arrive = async (sequence: number, { device = nas, incarnation = 1, text = `${sequence}` } = {}) => {
    const position = { incarnation, sequence };
    const payload = encodeMessageBody(text);
    scripted.tell('links', 'message.received', { deviceId: device.id, position, messageId: null, payload });
    await settle();
  };
  const acknowledged = () => scripted.inputsOf('links.acknowledge');
  const stored = () =>
    (scripted.inputsOf('persistence.receiveMessage') as Received[]).map(({ received }) => received.sequence);
  return { ...scripted, arrive, told, cancel, acknowledged, stored };
};

describe('messages that arrive', () => {
  it('are acknowledged and told once they are stored, a repeat without being told', async () => {
    const { arrive, told, acknowledged } = await messageSystem(({ received }) =>
      received.sequence === 2 ? 'repeat' : 'stored',
    );
    await arrive(1, { text: 'hello' });
    await arrive(2);
    expect(acknowledged()).toEqual([
      { deviceId: nas.id, position: { incarnation: 1, sequence: 1 } },
      { deviceId: nas.id, position: { incarnation: 1, sequence: 2 } },
    ]);
    expect(told).toEqual([{ event: 'message.received', from: nas.id, fromName: nas.name, text: 'hello', bytes: null }]);
  });

  it('are held back while the inbox is full, without holding up other devices', async () => {
    const full = new Set([nas.id]);
    const { system, arrive, told, acknowledged, inputsOf } = await messageSystem(({ deviceId }) =>
      full.has(deviceId as typeof nas.id) ? 'full' : 'stored',
    );
    await arrive(1);
    await arrive(2);
    await arrive(1, { device: phone });
    expect(acknowledged()).toEqual([{ deviceId: phone.id, position: { incarnation: 1, sequence: 1 } }]);
    expect(inputsOf('links.setReceiving')).toEqual([{ deviceId: nas.id, heldBack: 'inboxFull' }]);
    full.clear();
    await system.inbox.take([1]);
    await settle();
    expect(acknowledged()).toHaveLength(3);
    expect(inputsOf('links.setReceiving').at(-1)).toEqual({ deviceId: nas.id, heldBack: null });
    expect(told.filter(({ event }) => event === 'messages.heldBack')).toEqual([
      { event: 'messages.heldBack', deviceId: nas.id, name: nas.name, by: 'us', reason: 'inboxFull' },
      { event: 'messages.heldBack', deviceId: nas.id, name: nas.name, by: 'us', reason: null },
    ]);
  });

  it('are held back while the disk is full, and stored once it is not', async () => {
    const full = new Set([nas.id]);
    const { clock, arrive, acknowledged, inputsOf } = await messageSystem(() => {
      if (full.size > 0) throw new BowlineError({ code: 'STORE_FULL', message: 'full' });
      return 'stored';
    });
    await arrive(1);
    expect(inputsOf('links.setReceiving')).toEqual([{ deviceId: nas.id, heldBack: 'storeFull' }]);
    full.clear();
    await clock.advance(1_000);
    await settle();
    expect(acknowledged()).toHaveLength(1);
    expect(inputsOf('links.setReceiving').at(-1)).toEqual({ deviceId: nas.id, heldBack: null });
  });

  it('of an earlier start of their sender are not stored after those of a later one', async () => {
    let outcome: Outcome = 'full';
    const { system, arrive, acknowledged } = await messageSystem(() => outcome);
    for (const sequence of [1, 2, 3]) await arrive(sequence);
    await arrive(1, { incarnation: 2 });
    outcome = 'stored';
    await system.inbox.take([1]);
    await settle();
    expect(acknowledged()).toEqual([{ deviceId: nas.id, position: { incarnation: 2, sequence: 1 } }]);
  });

  it('of a device that is unpaired meanwhile go with it', async () => {
    const { peers, arrive, acknowledged, stored } = await messageSystem(() => 'full');
    await arrive(1);
    await peers.remove(nas.id);
    await arrive(2);
    expect(stored()).toEqual([1]);
    expect(acknowledged()).toEqual([]);
    expect(peers.list()).toHaveLength(1);
  });

  it('go to the journal where nobody takes messages', async () => {
    const { system, arrive, inputsOf, cancel } = await messageSystem(() => 'stored');
    cancel();
    deliverMessages({ ...system, options: { ...system.options, messages: 'journal' } });
    await arrive(1, { text: 'x'.repeat(5_000) });
    expect(inputsOf('persistence.receiveMessage').at(-1)).toMatchObject({
      into: 'journal',
      note: { data: { text: 'x'.repeat(5_000) } },
    });
  });

  it('are only glimpsed in the journal while they wait in the inbox', async () => {
    const { arrive, inputsOf } = await messageSystem(() => 'stored');
    await arrive(1, { text: 'x'.repeat(5_000) });
    expect(inputsOf('persistence.receiveMessage')).toMatchObject([
      { into: 'inbox', note: { data: { text: 'x'.repeat(1_024), sizeBytes: 5_000 } } },
    ]);
  });

  it('are told when the other side holds ours back', async () => {
    const { tell, told } = await messageSystem(() => 'stored');
    tell('links', 'peer.heldBack', { deviceId: nas.id, heldBack: 'storeFull' });
    expect(told).toEqual([
      { event: 'messages.heldBack', deviceId: nas.id, name: nas.name, by: 'peer', reason: 'storeFull' },
    ]);
  });
});

/** Until nothing more happens while no time passes. */
const settleAll = async (count: () => number): Promise<void> => {
  for (let before = -1; count() !== before; ) {
    before = count();
    await settle();
  }
};

describe('a device that sends without end', () => {
  it('has its messages written at a rate, and they wait unacknowledged with it', async () => {
    const { clock, system, acknowledged, tell } = await messageSystem(() => 'stored');
    const payload = encodeMessageBody(new Uint8Array(256 * 1_024).fill(1));
    for (let sequence = 1; sequence <= 400; sequence += 1) {
      const position = { incarnation: 1, sequence };
      tell('links', 'message.received', { deviceId: nas.id, position, messageId: null, payload });
    }
    await settleAll(() => acknowledged().length);
    // An inbox full, then four in a second: 1 MiB.
    const atOnce = acknowledged().length;
    expect(atOnce).toBeGreaterThan(100);
    expect(atOnce).toBeLessThanOrEqual(128);
    await clock.advance(10_000);
    expect(acknowledged().length - atOnce).toBeGreaterThanOrEqual(38);
    expect(acknowledged().length - atOnce).toBeLessThanOrEqual(41);
    // Taking messages makes room, and no disk.
    for (let count = 0; count < 100; count += 1) await system.inbox.take([1]);
    await settle();
    expect(acknowledged().length - atOnce).toBeLessThanOrEqual(42);
    await clock.advance(120_000);
    expect(acknowledged()).toHaveLength(400);
  });

  it('pays for the pages that small messages change, and for the escapes of what is no text', async () => {
    const small = await messageSystem(() => 'stored');
    const large = encodeMessageBody(new Uint8Array(256 * 1_024));
    for (let sequence = 1; sequence <= 700; sequence += 1) {
      const position = { incarnation: 1, sequence };
      const payload = sequence <= 127 ? large : encodeMessageBody('x');
      small.tell('links', 'message.received', { deviceId: nas.id, position, messageId: null, payload });
    }
    await settleAll(() => small.acknowledged().length);
    const atOnce = small.acknowledged().length;
    await small.clock.advance(1_000);
    await settleAll(() => small.acknowledged().length);
    expect(small.acknowledged().length - atOnce).toBeGreaterThan(150);
    expect(small.acknowledged().length - atOnce).toBeLessThanOrEqual(256);

    const controls = await messageSystem(() => 'stored');
    Object.assign(controls.system.options, { messages: 'journal' });
    controls.cancel();
    deliverMessages(controls.system);
    for (let sequence = 1; sequence <= 100; sequence += 1) {
      const position = { incarnation: 1, sequence };
      const payload = encodeMessageBody('\u0001'.repeat(256 * 1_024));
      controls.tell('links', 'message.received', { deviceId: phone.id, position, messageId: null, payload });
    }
    await settleAll(() => controls.acknowledged().length);
    expect(controls.acknowledged().length).toBeGreaterThan(10);
    // 256 KiB are 1.5 MiB of JSON beside themselves.
    expect(controls.acknowledged().length).toBeLessThanOrEqual(20);
  });

  it('does not hold up another', async () => {
    const { arrive, acknowledged, tell } = await messageSystem(() => 'stored');
    const payload = encodeMessageBody(new Uint8Array(256 * 1_024));
    for (let sequence = 1; sequence <= 200; sequence += 1) {
      const position = { incarnation: 1, sequence };
      tell('links', 'message.received', { deviceId: nas.id, position, messageId: null, payload });
    }
    await arrive(1, { device: phone });
    expect(acknowledged()).toContainEqual({ deviceId: phone.id, position: { incarnation: 1, sequence: 1 } });
  });
});
