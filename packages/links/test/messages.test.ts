import { errorCode } from '@bowline/contracts';
import { EARLIER_MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES } from '@bowline/link-protocol';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { gone, peerList } from './peer-list.ts';
import { scriptedWorld } from './scripted-peer.ts';
import { settleLong, statusOf, stopBoth, TEXT, twoDevices, twoLinkedDevices } from './two-devices.ts';

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
    await peer.say(connection, { kind: 'receiving', heldBack: null });
    await settleLong();
    const frames = await peer.read(connection);
    const parts = frames.filter(({ kind }) => kind === 'message');
    expect(parts).toHaveLength(17);
    await peer.say(connection, { kind: 'ack', position: { incarnation: 1, sequence: 1 } });
    await expect(sending).resolves.toMatchObject({ position: { sequence: 1 } });
  });

  it('of the largest size wait until the other side has spoken, and are refused where it runs an earlier release', async () => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.link();
    const send = (sizeBytes: number) => {
      const payload = new Uint8Array(sizeBytes);
      return under.harness.client.request('sendMessage', { deviceId: peer.deviceId, payload });
    };
    const refused = expect(send(MAX_MESSAGE_BYTES)).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      data: { sizeBytes: MAX_MESSAGE_BYTES, maxBytes: EARLIER_MAX_MESSAGE_BYTES },
    });
    const behind = send(EARLIER_MAX_MESSAGE_BYTES);
    await settleLong();
    const parts = async () => (await peer.read(connection)).filter(({ kind }) => kind === 'message');
    expect(await parts()).toEqual([]);
    // An earlier release says nothing of whether it takes messages.
    await peer.say(connection, { kind: 'ping', nonce: 1 });
    await refused;
    await settleLong();
    expect(await parts()).toHaveLength(16);
    await peer.say(connection, { kind: 'ack', position: { incarnation: 1, sequence: 1 } });
    await expect(behind).resolves.toMatchObject({ position: { sequence: 1 } });
  });

  it('arrive whole when they are as large as may be, or empty', async () => {
    const { low, high } = await twoLinkedDevices();
    const large = 'x'.repeat(MAX_MESSAGE_BYTES);
    await low.send(high, large);
    await low.send(high, '');
    expect(high.journal).toEqual([large, '']);
  });

  it('are refused above 256 KiB and for unknown devices', async () => {
    const { low, high } = await twoDevices();
    await expect(low.send(high, 'x'.repeat(MAX_MESSAGE_BYTES + 1))).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      data: { sizeBytes: MAX_MESSAGE_BYTES + 1, maxBytes: MAX_MESSAGE_BYTES },
    });
    await low.harness.client.request('setPeers', gone(high.deviceId));
    await expect(low.send(high, 'gone')).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
  });

  it('wait for room when there are more than may be under way, and arrive in order', async () => {
    const { low, high } = await twoDevices();
    const sending = numbers(12_000).map((text) => low.send(high, text));
    expect(await statusOf(low, high)).toMatchObject({ unacknowledgedCount: 12_000, unkept: { count: 12_000 } });
    await high.connect(low);
    await Promise.all(sending);
    expect(high.journal).toEqual(numbers(12_000));
    expect(await statusOf(low, high)).toMatchObject({ unacknowledgedCount: 0 });
  }, 60_000);

  it('that wait for room are taken back by an abort, and by the end of links', async () => {
    const { low, high } = await twoDevices();
    const sending = Promise.allSettled(numbers(1_000).map((text) => low.send(high, text)));
    const aborting = new AbortController();
    const blocked = low.send(high, 'blocked', aborting.signal).catch((error: unknown) => error);
    const after = low.send(high, 'after');
    aborting.abort();
    expect(await blocked).toMatchObject({ code: 'MESSAGE_WAIT_ENDED', data: { isTakenBack: true } });
    await high.connect(low);
    await after;
    expect(high.journal).not.toContain('blocked');
    await sending;
  });

  it('are refused when as many wait as may', async () => {
    const { low, high } = await twoDevices();
    const large = 'x'.repeat(MAX_MESSAGE_BYTES);
    const outcomes = Array.from({ length: 300 }, () =>
      low.send(high, large).catch((error: unknown) => errorCode(error)),
    );
    expect(await outcomes.at(-1)).toBe('MESSAGE_QUEUE_FULL');
    await low.harness.client.request('setPeers', gone(high.deviceId));
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['DEVICE_REMOVED', 'MESSAGE_QUEUE_FULL']));
  });

  it('that are kept carry their name, to a device that knows names', async () => {
    const { low, high } = await twoLinkedDevices();
    const messageId = 'ab'.repeat(16);
    const payload = TEXT.encode('kept');
    await low.harness.client.request('sendMessage', { deviceId: high.deviceId, payload, messageId });
    await low.send(high, 'unkept');
    expect(high.harness.toldOf('message.received')).toMatchObject([
      { messageId, position: { sequence: 1 } },
      { messageId: null, position: { sequence: 2 } },
    ]);
  });

  it('that are kept wait for the first word of the other side, and go without a name where it knows none', async () => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.link();
    const payload = TEXT.encode('kept');
    const messageId = 'ab'.repeat(16);
    const sending = under.harness.client.request('sendMessage', { deviceId: peer.deviceId, payload, messageId });
    expect((await peer.read(connection)).map(({ kind }) => kind)).not.toContain('message');
    await peer.say(connection, { kind: 'pong', nonce: 1 });
    const kinds = (await peer.read(connection)).map(({ kind }) => kind);
    expect(kinds).toContain('message');
    expect(kinds).not.toContain('kept');
    await peer.say(connection, { kind: 'ack', position: { incarnation: 1, sequence: 1 } });
    await sending;
  });

  it('end the link when one is named and another name follows', async () => {
    const { peer } = await scriptedWorld();
    const connection = await peer.link();
    for (const sequence of [1, 2]) await peer.say(connection, { kind: 'kept', sequence, messageId: 'ab'.repeat(16) });
    expect(await connection.closed).toMatchObject({ by: 'peer', name: 'protocol-error' });
  });

  it('are held back, which is said on this link and on later ones until it is over', async () => {
    const { low, high } = await twoLinkedDevices();
    const hold = (heldBack: 'inboxFull' | null) =>
      high.harness.client.request('setReceiving', { deviceId: low.deviceId, heldBack });
    await hold('inboxFull');
    await settle();
    expect(await statusOf(low, high)).toMatchObject({ heldBack: 'inboxFull' });
    await low.harness.client.request('dropAll', {});
    expect(await statusOf(low, high)).toMatchObject({ heldBack: null });
    await low.connect(high);
    await settle();
    expect(await statusOf(low, high)).toMatchObject({ heldBack: 'inboxFull' });
    await hold(null);
    await settle();
    expect(await statusOf(low, high)).toMatchObject({ heldBack: null });
    const told = low.harness.toldOf('peer.heldBack').map(({ heldBack }) => heldBack);
    expect(told).toEqual(['inboxFull', 'inboxFull', null]);
  });

  it('of an earlier start of the sender leave room for those of the present one', async () => {
    const { peer, under } = await scriptedWorld();
    under.holdsJournal = true;
    const part = { kind: 'message', sizeBytes: 0, offset: 0, part: new Uint8Array(0) } as const;
    for (const incarnation of [1, 2]) {
      const connection = await peer.link({ incarnation, life: `${incarnation}`.repeat(16) });
      for (let sequence = 1; sequence <= 1_000; sequence += 1) await peer.say(connection, { ...part, sequence });
    }
    await settleLong();
    expect(under.harness.toldOf('message.received')).toHaveLength(2_000);
    expect(under.events()).not.toContain('link.down protocolError');
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
