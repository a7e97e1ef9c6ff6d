import { errorCode } from '@bowline/contracts';
import { MAX_MESSAGE_BYTES } from '@bowline/link-protocol';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { gone, peerList } from './peer-list.ts';
import { scriptedWorld } from './scripted-peer.ts';
import { settleLong, statusOf, stopBoth, twoDevices, twoLinkedDevices } from './two-devices.ts';

const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `${index}`);

describe('messages', () => {
  it('resolve with position and time once the other side has journaled them', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    network.setDelay(low.endpointId, high.endpointId, 20);
    high.holdsJournal = true;
    let sent: unknown;
    const sending = low.send(high, 'hello').then((result) => {
      sent = result;
    });
    await clock.advance(100);
    expect(high.harness.toldOf('message.received')).toHaveLength(1);
    expect(sent).toBeUndefined();
    expect(await statusOf(low, high)).toMatchObject({ unacknowledgedCount: 1 });
    await high.journalHeld();
    await clock.advance(100);
    await sending;
    expect(sent).toEqual({ position: { incarnation: 1, sequence: 1 }, elapsedMs: 120 });
    expect(high.journal).toEqual(['hello']);
    expect(await statusOf(low, high)).toMatchObject({ unacknowledgedCount: 0 });
  });

  it('wait for a link, also from before the device has presented itself', async () => {
    const { low, high, clock } = await twoDevices();
    const sending = Promise.all(numbers(3).map((text) => low.send(high, text)));
    await clock.advance(5_000);
    expect(await statusOf(low, high)).toMatchObject({ state: 'offline', unacknowledgedCount: 3 });
    await high.connect(low);
    await sending;
    expect(high.journal).toEqual(numbers(3));
  });

  it('are resent after a cut, in order and once', async () => {
    const { low, high, network } = await twoLinkedDevices();
    high.holdsJournal = true;
    const sending = Promise.all(numbers(5).map((text) => low.send(high, text)));
    await settle();
    network.cut(low.endpointId, high.endpointId);
    await settle();
    expect(low.events()).toContain('link.down connectionLost');
    await low.connect(high);
    await settle();
    expect(high.harness.toldOf('message.received')).toHaveLength(5);
    high.holdsJournal = false;
    await high.journalHeld();
    await sending;
    expect(high.journal).toEqual(numbers(5));
  });

  it('arrive once when the receiver restarts with some of them journaled', async () => {
    const { low, high, clock } = await twoLinkedDevices();
    await low.send(high, '0');
    await low.send(high, '1');
    high.holdsJournal = true;
    const sending = Promise.all(['2', '3'].map((text) => low.send(high, text)));
    await settle();
    high.holdsJournal = false;
    await high.restart(true);
    await high.connect(low);
    await clock.advance(100);
    await sending;
    expect(high.journal).toEqual(numbers(4));
    expect(low.events()).toEqual(['link.up', 'link.down superseded', 'link.up']);
  });

  it('are delivered after the sender restarts within its incarnation, or with a new one', async () => {
    for (const isNewStart of [false, true]) {
      const { low, high, clock } = await twoLinkedDevices();
      await low.send(high, '0');
      const lost = low.send(high, '1').catch((error: unknown) => errorCode(error));
      high.holdsJournal = true;
      await settle();
      await low.restart(isNewStart);
      const dial = low.connect(high);
      await clock.advance(100);
      await dial;
      const sending = low.send(high, '2');
      await settle();
      high.holdsJournal = false;
      await high.journalHeld();
      await sending;
      expect([...high.journal].filter((text) => text !== '1')).toEqual(['0', '2']);
      expect(new Set(high.journal).size).toBe(high.journal.length);
      await lost;
    }
  });

  it('travel in parts when they are large, with pings between', async () => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.link();
    const payload = new Uint8Array(MAX_MESSAGE_BYTES).fill(7);
    const sending = under.harness.client.request('sendMessage', { deviceId: peer.deviceId, payload });
    await settleLong();
    const frames = await peer.read(connection);
    const parts = frames.filter(({ kind }) => kind === 'message');
    expect(parts).toHaveLength(17);
    await peer.say(connection, { kind: 'ack', position: { incarnation: 1, sequence: 1 } });
    await expect(sending).resolves.toMatchObject({ position: { sequence: 1 } });
  });

  it('arrive whole when they are as large as may be, or empty', async () => {
    const { low, high } = await twoLinkedDevices();
    const large = 'x'.repeat(MAX_MESSAGE_BYTES);
    await low.send(high, large);
    await low.send(high, '');
    expect(high.journal).toEqual([large, '']);
  });

  it('are refused above 256 KiB, above 1,000 waiting, and for unknown devices', async () => {
    const { low, high } = await twoDevices();
    await expect(low.send(high, 'x'.repeat(MAX_MESSAGE_BYTES + 1))).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      data: { sizeBytes: MAX_MESSAGE_BYTES + 1, maxBytes: MAX_MESSAGE_BYTES },
    });
    const waiting = numbers(1_000).map((text) => low.send(high, text));
    await expect(low.send(high, 'one more')).rejects.toMatchObject({ code: 'MESSAGE_QUEUE_FULL', retryable: true });
    await high.connect(low);
    await Promise.all(waiting);
    expect(high.journal).toEqual(numbers(1_000));
    await low.harness.client.request('setPeers', gone(high.deviceId));
    await expect(low.send(high, 'gone')).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
  });

  it('are taken back by an abort while they were never on the wire', async () => {
    const { low, high } = await twoDevices();
    const aborting = new AbortController();
    const taken = low.send(high, 'taken back', aborting.signal).catch((error: unknown) => error);
    const kept = low.send(high, 'kept');
    aborting.abort();
    expect(await taken).toMatchObject({ code: 'MESSAGE_WAIT_ENDED', data: { isTakenBack: true } });
    await low.connect(high);
    await kept;
    expect(high.journal).toEqual(['kept']);
    await expect(low.send(high, 'late', aborting.signal)).rejects.toMatchObject({ code: 'MESSAGE_WAIT_ENDED' });
  });

  it('arrive in spite of an abort once they were on the wire', async () => {
    const { low, high } = await twoLinkedDevices();
    high.holdsJournal = true;
    const aborting = new AbortController();
    const sending = low.send(high, 'sent', aborting.signal).catch((error: unknown) => error);
    await settle();
    aborting.abort();
    expect(await sending).toMatchObject({ code: 'MESSAGE_WAIT_ENDED', data: { isTakenBack: false } });
    await high.journalHeld();
    await settle();
    expect(high.journal).toEqual(['sent']);
    expect(await statusOf(low, high)).toMatchObject({ unacknowledgedCount: 0 });
  });

  it('reject when their device is removed, or links stop', async () => {
    const devices = await twoDevices();
    const { low, high } = devices;
    const outcomes = [low.send(high, 'a'), high.send(low, 'b')].map((sent) =>
      sent.catch((error: unknown) => errorCode(error)),
    );
    await low.harness.client.request('setPeers', gone(high.deviceId));
    await stopBoth(devices);
    expect(await Promise.all(outcomes)).toEqual(['DEVICE_REMOVED', 'LINKS_UNAVAILABLE']);
  });

  it('are not sent faster than they are journaled: at most 512 KiB travel', async () => {
    const { low, high } = await twoLinkedDevices();
    high.holdsJournal = true;
    const sending = Promise.all(numbers(8).map((text) => low.send(high, text.repeat(200_000))));
    await settleLong();
    expect(high.harness.toldOf('message.received')).toHaveLength(2);
    high.holdsJournal = false;
    await high.journalHeld();
    await settleLong();
    await sending;
    expect(high.journal.map((text) => text[0])).toEqual(numbers(8));
  });

  it('end the link when they overrun the journal by more than an honest sender has in flight', async () => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.link();
    under.holdsJournal = true;
    for (let sequence = 1; sequence <= 1_001; sequence += 1) {
      await peer.say(connection, { kind: 'message', sequence, sizeBytes: 0, offset: 0, part: new Uint8Array(0) });
    }
    expect(await connection.closed).toMatchObject({ by: 'peer', name: 'busy' });
    expect(under.harness.toldOf('message.received')).toHaveLength(1_000);
    expect(under.events()).toContain('link.down protocolError');
  });

  it('that are repeats of journaled ones are acknowledged again and not told', async () => {
    const { peer, under } = await scriptedWorld();
    const record = { deviceId: peer.deviceId, endpointId: peer.endpointId, incarnation: 1 };
    await under.harness.client.request(
      'setPeers',
      peerList({ ...record, lastReceived: { incarnation: 1, sequence: 3 } }),
    );
    const connection = await peer.link();
    await peer.say(connection, { kind: 'message', sequence: 2, sizeBytes: 0, offset: 0, part: new Uint8Array(0) });
    expect(await peer.read(connection)).toContainEqual({ kind: 'ack', position: { incarnation: 1, sequence: 3 } });
    expect(under.harness.toldOf('message.received')).toEqual([]);
  });
});
