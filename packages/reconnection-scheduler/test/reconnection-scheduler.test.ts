import { actorHarness, type FakeClock } from '@bowline/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { reconnectionScheduler } from '../src/index.ts';
import { deviceNumber, devicesUpTo, gone, peer } from './devices.ts';

const device = deviceNumber(0);
const started: { stop(): Promise<void>; readonly clock: FakeClock }[] = [];

const startScheduler = async (input: Parameters<typeof reconnectionScheduler>[0] = {}) => {
  const harness = actorHarness(reconnectionScheduler(input), {
    random: { ratio: () => 0, bytes: () => new Uint8Array() },
  });
  await harness.actor.start();
  started.push({ stop: () => harness.actor.stop(), clock: harness.clock });
  return { ...harness, due: () => harness.toldOf('dial.due') };
};

afterEach(async () => {
  for (const { stop, clock } of started.splice(0)) {
    await stop();
    expect(clock.pendingTimerCount).toBe(0);
  }
});

describe('reconnectionScheduler', () => {
  it('tells a device that is to be given time when that is over, or at its first sign of life', async () => {
    const { client, clock, due } = await startScheduler();
    const [patient, sighted] = [deviceNumber(0), deviceNumber(1)];
    for (const deviceId of [patient, sighted]) await client.request('setPeers', peer(deviceId, 'down', 1_000));
    await clock.advance(400);
    expect(due()).toEqual([]);
    await client.request('nudge', { deviceId: sighted, cause: 'sighting' });
    expect(due()).toMatchObject([{ deviceId: sighted, cause: 'sighting' }]);
    await clock.advance(599);
    expect(due().length).toBe(1);
    await clock.advance(1);
    expect(due()[1]).toMatchObject({ deviceId: patient, cause: 'start' });
  });

  it('dials a hundred devices within five seconds of a start, where each is connected after 200 ms', async () => {
    const { client, clock, due } = await startScheduler();
    const all = devicesUpTo(100);
    await client.request('setPeers', {
      scope: 'all',
      peers: all.map((deviceId) => ({ deviceId, link: 'down' as const })),
    });
    let connected = 0;
    for (let passedMs = 0; passedMs < 5_000; passedMs += 200) {
      await clock.advance(200);
      const dialled = due().slice(connected);
      connected += dialled.length;
      for (const { deviceId } of dialled) await client.request('setPeers', peer(deviceId, 'up'));
    }
    expect(new Set(due().map(({ deviceId }) => deviceId)).size).toBe(100);
  });

  it('never tells a device that connected in the time it was given', async () => {
    const { client, clock, due } = await startScheduler();
    await client.request('setPeers', peer(device, 'down', 1_000));
    await client.request('setPeers', peer(device, 'up'));
    await clock.advance(5_000);
    expect(due()).toEqual([]);
  });

  it('dials nobody again whom it is told of again, whether in whole or in part', async () => {
    const { client, clock, due } = await startScheduler();
    const [linked, away, failed] = [deviceNumber(0), deviceNumber(1), deviceNumber(2)];
    const peers = [
      { deviceId: linked, link: 'up' },
      { deviceId: away, link: 'away' },
      { deviceId: failed, link: 'down' },
    ] as const;
    await client.request('setPeers', { scope: 'all', peers });
    expect(due()).toMatchObject([{ deviceId: failed }]);
    await client.request('reportFailed', { deviceId: failed, throughRelay: true });
    const before = await client.request('status', {});
    await client.request('setPeers', { scope: 'all', peers });
    await client.request('setPeers', { scope: 'some', peers });
    expect(await client.request('status', {})).toEqual(before);
    expect(before.devices.map(({ state }) => state)).toEqual(['linked', 'waiting', 'waiting']);
    await clock.advance(500);
    expect(due().slice(1)).toMatchObject([{ deviceId: failed, cause: 'backoff' }]);
  });

  it('forgets whom a whole list leaves out, and nobody whom a part leaves out', async () => {
    const { client } = await startScheduler();
    const listed = async () => (await client.request('status', {})).devices.map(({ deviceId }) => deviceId);
    const [first, second] = [deviceNumber(0), deviceNumber(1)];
    await client.request('setPeers', peer(first));
    await client.request('setPeers', peer(second));
    expect(await listed()).toEqual([first, second]);
    await client.request('setPeers', { ...peer(second), scope: 'all' });
    expect(await listed()).toEqual([second]);
  });

  it('tells a tracked device at once, and once', async () => {
    const { client, due } = await startScheduler();
    await client.request('setPeers', peer(device));
    await client.request('setPeers', peer(device));
    expect(due()).toEqual([{ deviceId: device, cause: 'start', failureCount: 0 }]);
  });

  it('tells again after a failure, when its time has come', async () => {
    const { client, clock, due } = await startScheduler();
    await client.request('setPeers', peer(device));
    await client.request('reportFailed', { deviceId: device, throughRelay: true });
    expect((await client.request('status', {})).devices).toEqual([
      { deviceId: device, state: 'waiting', failureCount: 1, nextDialAtMs: 500 },
    ]);
    await clock.advance(499);
    expect(due()).toHaveLength(1);
    await clock.advance(1);
    expect(due().at(-1)).toEqual({ deviceId: device, cause: 'backoff', failureCount: 1 });
  });

  it('sets no timer for linked devices', async () => {
    const { client, clock, due } = await startScheduler();
    await client.request('setPeers', peer(device));
    await client.request('setPeers', peer(device, 'up'));
    expect(clock.pendingTimerCount).toBe(0);
    await clock.advance(86_400_000);
    expect(due()).toHaveLength(1);
  });

  it('answers a lost link, a goodbye and a nudge', async () => {
    const { client, clock, due } = await startScheduler();
    await client.request('setPeers', peer(device));
    await client.request('setPeers', peer(device, 'up'));
    await clock.advance(60_000);
    await client.request('setPeers', peer(device, 'down'));
    await clock.advance(0);
    expect(due().at(-1)?.cause).toBe('linkLost');
    await client.request('setPeers', peer(device, 'up'));
    await clock.advance(60_000);
    await client.request('setPeers', peer(device, 'away'));
    await clock.advance(60_000);
    expect(due()).toHaveLength(2);
    await client.request('nudge', { deviceId: device, cause: 'sighting' });
    expect(due().at(-1)?.cause).toBe('sighting');
  });

  it('logs a dial that never had an outcome, and goes on', async () => {
    const { client, clock, due, logger } = await startScheduler();
    await client.request('setPeers', peer(device));
    await clock.advance(90_000);
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ deviceId: device }) }),
    );
    await clock.advance(500);
    expect(due()).toHaveLength(2);
  });

  it('needs one timer for any number of devices', async () => {
    const { client, clock } = await startScheduler();
    for (const deviceId of devicesUpTo(500)) await client.request('setPeers', peer(deviceId));
    await clock.advance(200_000);
    expect(clock.pendingTimerCount).toBe(1);
    for (const deviceId of devicesUpTo(500)) await client.request('setPeers', gone(deviceId));
    expect(clock.pendingTimerCount).toBe(0);
  });

  it('turns a storm of nudges into one dial for each device', async () => {
    const { client, clock, due } = await startScheduler();
    const devices = devicesUpTo(5);
    for (const deviceId of devices) await client.request('setPeers', peer(deviceId));
    for (const deviceId of devices) await client.request('reportFailed', { deviceId, throughRelay: true });
    for (let failure = 0; failure < 9; failure += 1) {
      await clock.advance(60_000);
      for (const deviceId of devices) await client.request('reportFailed', { deviceId, throughRelay: true });
    }
    const before = due().length;
    for (let storm = 0; storm < 1_000; storm += 1) await client.request('nudgeAll', { cause: 'networkChange' });
    expect(
      due()
        .slice(before)
        .map(({ deviceId }) => deviceId),
    ).toEqual(devices);
  });

  it('stays within its slots when the listener answers while it is being told', async () => {
    const { client, clock, due } = await startScheduler({ maxConcurrentDials: 2, maxDialsPerMinute: 60_000 });
    let depth = 0;
    client.on('dial.due', ({ deviceId }) => {
      depth += 1;
      if (depth < 5) void client.request('reportFailed', { deviceId, throughRelay: true });
    });
    for (const deviceId of devicesUpTo(8)) await client.request('setPeers', peer(deviceId));
    await clock.advance(0);
    const { devices } = await client.request('status', {});
    expect(devices.filter(({ state }) => state === 'dialling')).toHaveLength(2);
    expect(due()).toHaveLength(6);
    expect(new Set(due().map(({ deviceId }) => deviceId)).size).toBe(6);
  });

  it('tells nothing before start and after stop, and starts empty again', async () => {
    const harness = actorHarness(reconnectionScheduler());
    await harness.client.request('setPeers', peer(device));
    await harness.actor.start();
    await harness.actor.start();
    await harness.client.request('setPeers', peer(device));
    await harness.client.request('reportFailed', { deviceId: device, throughRelay: true });
    await harness.actor.stop();
    await harness.actor.stop();
    expect(harness.clock.pendingTimerCount).toBe(0);
    await harness.client.request('nudgeAll', { cause: 'user' });
    await harness.clock.advance(86_400_000);
    expect(harness.told).toHaveLength(1);
    await harness.actor.start();
    expect(await harness.client.request('status', {})).toEqual({ devices: [] });
    await harness.actor.stop();
  });

  it('tells no more when it is stopped by the one it tells', async () => {
    const { actor, client, due } = await startScheduler({ maxConcurrentDials: 1 });
    client.on('dial.due', () => void actor.stop());
    await client.request('setPeers', peer(deviceNumber(0)));
    await client.request('setPeers', peer(deviceNumber(1)));
    expect(due()).toHaveLength(1);
  });
});
