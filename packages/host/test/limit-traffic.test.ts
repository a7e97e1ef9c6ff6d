import {
  brandAs,
  type DeviceId,
  type HostEvent,
  type RelayBudget,
  type SettingValue,
  type SpentToday,
} from '@bowline/contracts';
import { type FakeClock, fakeClock, memoryLogger, settle } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventHub } from '../src/event-hub.ts';
import { inBackground } from '../src/in-background.ts';
import type { System } from '../src/system.ts';
import { limitTraffic, type TrafficLimit } from '../src/wiring/limit-traffic.ts';
import { ScriptedPart } from './scripted-part.ts';

const phone = {
  id: brandAs<DeviceId>('d-2'),
  endpointId: brandAs<SpentToday['endpointId']>('ee'.repeat(32)),
  name: 'phone',
};
const BUDGET: RelayBudget = { peerBytesPerDay: 2_000_000, totalBytesPerDay: null };
const DAY_MS = 86_400_000;

let clock: FakeClock;
let settings: Map<string, SettingValue>;
let switchboard: ScriptedPart;
let told: HostEvent[];
let traffic: TrafficLimit;

beforeEach(() => {
  clock = fakeClock();
  settings = new Map();
  switchboard = new ScriptedPart();
  switchboard.answer = (name) =>
    name === 'traffic' ? { peers: [{ endpointId: phone.endpointId, spentTodayBytes: 1_500_000 }] } : {};
  const persistence = new ScriptedPart();
  persistence.answer = (name, input) => {
    const setting = input as { readonly name: string; readonly value: SettingValue };
    if (name === 'getSetting') return { value: settings.get(setting.name) };
    settings.set(setting.name, setting.value);
    return undefined;
  };
  const logger = memoryLogger();
  const hub = eventHub({ logger });
  told = [];
  hub.onAny((event) => told.push(event));
  traffic = limitTraffic({
    clock,
    peers: { getByEndpoint: (id: string) => (id === phone.endpointId ? { device: phone } : undefined) },
    hub,
    inBackground: inBackground({ logger }),
    parts: { persistence, switchboard },
  } as unknown as System);
});

const limits = () => switchboard.inputsOf<{ budget: RelayBudget | null; spentToday?: SpentToday[] }>('limitTraffic');

describe('the relay budget of a device', () => {
  it('is none before one was set', async () => {
    await switchboard.start();
    expect(limits()).toEqual([{ budget: null, spentToday: [] }]);
  });

  it('is handed to a switchboard that has restarted, with what was spent by the minute before', async () => {
    await traffic.limit(BUDGET);
    await clock.advance(60_000);
    await settle();
    await switchboard.start();
    expect(limits().at(-1)).toEqual({
      budget: BUDGET,
      spentToday: [{ endpointId: phone.endpointId, bytes: 1_500_000 }],
    });
  });

  it('is new on a new day', async () => {
    await traffic.limit(BUDGET);
    await traffic.save();
    clock.setWallTime(clock.nowMs() + DAY_MS);
    await switchboard.start();
    expect(limits().at(-1)).toEqual({ budget: BUDGET, spentToday: [] });
  });

  it('is lifted for good', async () => {
    await traffic.limit(BUDGET);
    await traffic.limit(null);
    await switchboard.start();
    expect(limits().at(-1)?.budget).toBeNull();
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['bytes that are none', { peerBytesPerDay: -1, totalBytesPerDay: 'many' }],
  ])('is no limit where the store holds %s', async (_, stored) => {
    settings.set('relay.budget', stored);
    settings.set('relay.spentToday', { day: new Date(clock.nowMs()).toISOString().slice(0, 10), spent: [{}, 'x'] });
    await switchboard.start();
    expect(limits().at(-1)?.budget ?? BUDGET).not.toMatchObject({ peerBytesPerDay: -1 });
    expect(limits().at(-1)?.spentToday).toEqual([]);
  });

  it('is refused when it is no whole number of bytes, or too small', async () => {
    for (const totalBytesPerDay of [2_000_000.5, 1_048_575, -1]) {
      const refused = { code: 'INVALID_OPTION', data: { option: 'totalBytesPerDay' } };
      await expect(traffic.limit({ ...BUDGET, totalBytesPerDay })).rejects.toMatchObject(refused);
    }
    expect(settings.has('relay.budget')).toBe(false);
  });

  it('is told by the name of the device, and of all together by none', async () => {
    const crossing = { level: 'warning', spentBytes: 8, limitBytes: 10 } as const;
    await switchboard.tell('budget.crossed', { ...crossing, scope: 'peer', endpointId: phone.endpointId });
    await switchboard.tell('budget.crossed', { ...crossing, scope: 'total', endpointId: null });
    expect(told).toEqual([
      { event: 'relay.budgetCrossed', deviceId: phone.id, name: 'phone', ...crossing },
      { event: 'relay.budgetCrossed', deviceId: null, name: null, ...crossing },
    ]);
  });
});
