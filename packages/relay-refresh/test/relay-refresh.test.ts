import type { DeviceId, RefreshedPeer, RelayInfo, RelayRefreshChannel, RelayUrl } from '@bowline/contracts';
import { type ActorHarness, actorHarness, type FakeClock } from '@bowline/testing';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type RelayRefreshOptionsInput, relayRefresh } from '../src/index.ts';
import { isNewerRecord } from '../src/relay-record.ts';
import { deviceNamed, recordOf, relayNamed, relaysNamed } from './records.ts';

const HOUR_MS = 3_600_000;
const nas = deviceNamed('nas');
const phone = deviceNamed('phone');
const started: { stop(): Promise<void>; readonly clock: FakeClock }[] = [];

/** Changes one thing about a peer, as a host would that knows the rest. */
const peersOf = (client: ActorHarness<RelayRefreshChannel>['client']) => {
  const told = new Map<DeviceId, RefreshedPeer>();
  let relayUrls: readonly RelayUrl[] = [];
  const change = async (deviceId: DeviceId, changed: Partial<RefreshedPeer>): Promise<void> => {
    const unknown = { deviceId, pairing: 1, isLinked: false, relayInfo: null, heard: null };
    const next = { ...(told.get(deviceId) ?? unknown), ...changed };
    // A word is told once here, so that each test says when a device is heard.
    told.set(deviceId, { ...next, heard: null });
    await client.request('setPeers', { scope: 'some', peers: [next] });
  };
  const present = async (...names: readonly string[]) => {
    relayUrls = relaysNamed(...names);
    return client.request('presentSelf', { relayUrls });
  };
  return {
    change,
    present,
    link: (...devices: readonly DeviceId[]) => Promise.all(devices.map((each) => change(each, { isLinked: true }))),
    unlink: (deviceId: DeviceId) => change(deviceId, { isLinked: false }),
    learn: (deviceId: DeviceId, heard: RelayInfo) => change(deviceId, { heard }),
    forget: async (deviceId: DeviceId) => {
      told.delete(deviceId);
      await client.request('setPeers', { scope: 'some', peers: [], gone: [deviceId] });
    },
    own: async () => (await client.request('presentSelf', { relayUrls })).relayInfo,
  };
};

const startRefresh = async (input: Partial<RelayRefreshOptionsInput> = {}) => {
  const harness = actorHarness(relayRefresh({ incarnation: 7, sweepJitterRatio: 0, ...input }));
  await harness.actor.start();
  started.push({ stop: () => harness.actor.stop(), clock: harness.clock });
  const { client } = harness;
  return {
    ...harness,
    ...peersOf(client),
    pushed: () => harness.toldOf('push.due'),
    asked: () => harness.toldOf('ask.due').map(({ deviceId }) => deviceId),
    changed: () => harness.toldOf('relayInfo.changed'),
  };
};

afterEach(async () => {
  for (const { stop, clock } of started.splice(0)) {
    await stop();
    expect(clock.pendingTimerCount).toBe(0);
  }
});

describe('our own record', () => {
  it('starts empty, and gets a revision with every change', async () => {
    const { own, present } = await startRefresh();
    expect(await own()).toEqual({ homeRelayUrl: null, relayUrls: [], revision: 0, incarnation: 7 });
    await present('a', 'b');
    expect(await own()).toEqual(recordOf(['a', 'b'], 1, 7));
    await present('a', 'b');
    expect((await own()).revision).toBe(1);
    await present('b', 'a');
    expect(await own()).toEqual(recordOf(['b', 'a'], 2, 7));
    await present();
    expect(await own()).toEqual(recordOf([], 3, 7));
  });

  it('goes on from the revision it had before the actor was started again, as peers take lower ones for old news', async () => {
    const { client } = await startRefresh();
    const last = recordOf(['a'], 5, 7);
    const present = (...names: readonly string[]) =>
      client.request('presentSelf', { relayUrls: relaysNamed(...names), last });
    expect(await present('a')).toEqual({ relayInfo: last });
    expect(await present('b')).toEqual({ relayInfo: recordOf(['b'], 6, 7) });
    expect(await present('b')).toEqual({ relayInfo: recordOf(['b'], 6, 7) });
  });

  it('holds at most eight relays, each once', async () => {
    const { own, present } = await startRefresh();
    await present('a', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i');
    expect((await own()).relayUrls).toEqual(relaysNamed('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'));
  });

  it('is pushed to every linked device, once for a run of changes, as it is then', async () => {
    const { clock, link, present, pushed, unlink } = await startRefresh();
    await link(nas, phone, deviceNamed('gone'));
    await unlink(deviceNamed('gone'));
    await present('a');
    await clock.advance(20);
    await present('b');
    await clock.advance(29);
    expect(pushed()).toEqual([]);
    await clock.advance(1);
    expect(pushed()).toEqual([{ deviceIds: [nas, phone], relayInfo: recordOf(['b'], 2, 7) }]);
    await clock.advance(1_000);
    expect(pushed()).toHaveLength(1);
  });

  it('is not pushed when nobody is linked, when nothing changed, or to a device that left meanwhile', async () => {
    const { clock, link, present, pushed, unlink } = await startRefresh();
    await present('a');
    expect(clock.pendingTimerCount).toBe(0);
    await clock.advance(60_000);
    await link(nas);
    await present('a');
    await clock.advance(1_000);
    expect(pushed()).toEqual([]);
    await present('b');
    await unlink(nas);
    await clock.advance(1_000);
    expect(pushed()).toEqual([]);
  });

  it('is pushed to a device whose hello may have been on its way when it changed', async () => {
    const { clock, link, present, pushed } = await startRefresh();
    await present('a');
    await clock.advance(59_000);
    await link(nas);
    await clock.advance(50);
    expect(pushed()).toEqual([{ deviceIds: [nas], relayInfo: recordOf(['a'], 1, 7) }]);
    await clock.advance(1_000);
    await link(phone);
    await clock.advance(1_000);
    expect(pushed()).toHaveLength(1);
  });
});

describe('records of others', () => {
  it('are told when they are new', async () => {
    const { changed, learn } = await startRefresh();
    await learn(nas, recordOf(['a', 'b'], 3));
    expect(changed()).toEqual([{ deviceId: nas, relayInfo: recordOf(['a', 'b'], 3) }]);
  });

  it('are ignored when they are old: a lower or equal revision, or an earlier incarnation', async () => {
    const { changed, clock, learn } = await startRefresh();
    await learn(nas, recordOf(['a'], 3, 2));
    for (const old of [recordOf(['b'], 3, 2), recordOf(['b'], 2, 2), recordOf(['b'], 9, 1)]) await learn(nas, old);
    await clock.advance(10_000);
    expect(changed()).toHaveLength(1);
  });

  it('are no news when only their numbers grew, and the numbers count from then on', async () => {
    const { changed, clock, learn } = await startRefresh();
    await learn(nas, recordOf(['a'], 3, 1));
    await learn(nas, recordOf(['a'], 1, 2));
    await learn(nas, recordOf(['b'], 4, 1));
    await clock.advance(10_000);
    expect(changed()).toHaveLength(1);
    await learn(nas, recordOf(['b'], 2, 2));
    expect(changed().at(-1)?.relayInfo).toEqual(recordOf(['b'], 2, 2));
  });

  it('known from the store are no news', async () => {
    const { change, changed, learn } = await startRefresh();
    await change(nas, { relayInfo: recordOf(['a'], 3) });
    await learn(nas, recordOf(['a'], 1, 2));
    await learn(nas, recordOf(['b'], 9, 1));
    expect(changed()).toEqual([]);
    await learn(nas, recordOf(['b'], 2, 2));
    expect(changed()).toHaveLength(1);
  });

  it('are told at most once a second for each device, the last one always', async () => {
    const { changed, clock, learn } = await startRefresh();
    for (let revision = 1; revision <= 100; revision += 1) await learn(nas, recordOf([`r${revision}`], revision));
    await learn(phone, recordOf(['a']));
    expect(changed().map(({ deviceId }) => deviceId)).toEqual([nas, phone]);
    await clock.advance(1_000);
    expect(changed().slice(2)).toEqual([{ deviceId: nas, relayInfo: recordOf(['r100'], 100) }]);
    await clock.advance(10_000);
    expect(changed()).toHaveLength(3);
    await learn(nas, recordOf(['x'], 101));
    expect(changed()).toHaveLength(4);
  });

  it('that return to what was told before it was told again are no news', async () => {
    const { changed, clock, learn } = await startRefresh();
    await learn(nas, recordOf(['a'], 1));
    await learn(nas, recordOf(['b'], 2));
    await learn(nas, recordOf(['a'], 3));
    expect(clock.pendingTimerCount).toBe(0);
    expect(changed()).toHaveLength(1);
  });

  it('are bounded, with the home relay first, and refused when their numbers make no sense', async () => {
    const { changed, learn } = await startRefresh();
    await learn(nas, recordOf(['a'], Number.NaN));
    await learn(nas, recordOf(['a'], 1, -1));
    expect(changed()).toEqual([]);
    const nine = Array.from({ length: 9 }, (_, index) => `r${index}`);
    await learn(nas, { ...recordOf(nine), homeRelayUrl: relayNamed('home') });
    expect(changed()[0]?.relayInfo.relayUrls).toEqual(relaysNamed('home', ...nine.slice(0, 7)));
  });

  it('are new again after the device was forgotten', async () => {
    const { changed, clock, forget, learn } = await startRefresh();
    await learn(nas, recordOf(['a'], 9, 9));
    await learn(nas, recordOf(['b'], 10, 9));
    await forget(nas);
    expect(clock.pendingTimerCount).toBe(0);
    await learn(nas, recordOf(['c'], 1, 1));
    expect(changed().map(({ relayInfo }) => relayInfo.revision)).toEqual([9, 1]);
  });

  it('are new again after the device was paired anew', async () => {
    const { change, changed, learn } = await startRefresh();
    await learn(nas, recordOf(['a'], 9, 9));
    await change(nas, { pairing: 2, heard: recordOf(['b'], 1, 1) });
    await change(nas, { pairing: 2, heard: recordOf(['b'], 1, 1) });
    expect(changed().map(({ relayInfo }) => relayInfo)).toEqual([recordOf(['a'], 9, 9), recordOf(['b'], 1, 1)]);
  });

  it('end at the newest one, in whatever order they arrive, and never go back', async () => {
    const record = fc
      .record({ names: fc.subarray(['a', 'b', 'c']), revision: fc.nat(5), incarnation: fc.nat(2) })
      .map(({ names, revision, incarnation }) => recordOf(names, revision, incarnation));
    const step = fc.record({ record, pauseMs: fc.constantFrom(0, 0, 400, 1_500) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const { actor, changed, clock, learn } = await startRefresh();
        let newest: RelayInfo | undefined;
        for (const { record: next, pauseMs } of steps) {
          await learn(nas, next);
          await clock.advance(pauseMs);
          if (isNewerRecord(next, newest)) newest = next;
        }
        await clock.advance(2_000);
        const told = changed().map(({ relayInfo }) => relayInfo);
        expect(told.at(-1)?.relayUrls).toEqual(newest?.relayUrls);
        for (const [index, relayInfo] of told.entries()) {
          expect(isNewerRecord(relayInfo, told[index - 1])).toBe(true);
          expect(relayInfo.relayUrls).not.toEqual(told[index - 1]?.relayUrls);
        }
        await actor.stop();
      }),
      { numRuns: 100 },
    );
  });
});

describe('the sweep', () => {
  it('asks a linked device that was silent for an hour, and again an hour later', async () => {
    const { asked, clock, link } = await startRefresh();
    await link(nas);
    await clock.advance(HOUR_MS - 1);
    expect(asked()).toEqual([]);
    await clock.advance(1);
    expect(asked()).toEqual([nas]);
    await clock.advance(HOUR_MS);
    expect(asked()).toEqual([nas, nas]);
  });

  it('leaves alone who was heard, who left and who was forgotten', async () => {
    const { asked, clock, forget, learn, link, unlink } = await startRefresh();
    const gone = deviceNamed('gone');
    const forgotten = deviceNamed('forgotten');
    await link(nas, phone, gone, forgotten);
    await clock.advance(HOUR_MS / 2);
    await learn(nas, recordOf(['a']));
    await unlink(gone);
    await forget(forgotten);
    await clock.advance(HOUR_MS / 2);
    expect(asked()).toEqual([phone]);
    await clock.advance(HOUR_MS / 2);
    expect(asked()).toEqual([phone, nas]);
  });

  it('counts old news as a word', async () => {
    const { asked, clock, learn, link } = await startRefresh();
    await link(nas);
    for (let half = 0; half < 10; half += 1) {
      await learn(nas, recordOf(['a']));
      await clock.advance(HOUR_MS / 2);
    }
    expect(asked()).toEqual([]);
  });

  it('spreads the devices by chance, within a tenth either way', async () => {
    const { asked, clock, link, toldOf } = await startRefresh({ sweepJitterRatio: 0.1 });
    const devices = Array.from({ length: 200 }, (_, index) => deviceNamed(String(index)));
    await link(...devices);
    await clock.advance(HOUR_MS * 0.9 - 1);
    expect(asked()).toEqual([]);
    await clock.advance(HOUR_MS * 0.1);
    expect(asked().length).toBeGreaterThan(60);
    expect(asked().length).toBeLessThan(140);
    await clock.advance(HOUR_MS * 0.1 + 1);
    expect(new Set(asked())).toEqual(new Set(devices));
    expect(toldOf('ask.due')).toHaveLength(200);
  });

  it('needs one timer for any number of devices, and none without', async () => {
    const { clock, link, unlink } = await startRefresh();
    const devices = Array.from({ length: 100 }, (_, index) => deviceNamed(String(index)));
    await link(...devices);
    expect(clock.pendingTimerCount).toBe(1);
    for (const deviceId of devices) await unlink(deviceId);
    expect(clock.pendingTimerCount).toBe(0);
  });
});

describe('life of the actor', () => {
  it('tells nothing before start and after stop', async () => {
    const harness = actorHarness(relayRefresh({ incarnation: 1 }));
    const { actor, client, clock } = harness;
    const { learn, link, present } = peersOf(client);
    const learnAndChange = async (revision: number) => {
      await link(nas);
      await learn(nas, recordOf([`r${revision}`], revision));
      await present(`own${revision}`);
      await clock.advance(2 * HOUR_MS);
    };
    await learnAndChange(1);
    expect(harness.told).toEqual([]);
    await actor.start();
    await actor.start();
    expect(harness.told.length).toBeGreaterThan(0);
    await actor.stop();
    await actor.stop();
    const before = harness.told.length;
    await learnAndChange(2);
    expect(harness.told).toHaveLength(before);
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('tells no more when it is stopped by the one it tells', async () => {
    const { actor, clock, link, client, asked } = await startRefresh();
    await link(nas, phone);
    client.on('ask.due', () => void actor.stop());
    await clock.advance(2 * HOUR_MS);
    expect(asked()).toEqual([nas]);
  });
});
