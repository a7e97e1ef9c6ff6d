import type { Cancel, RelayBudget, SettingValue, SpentToday } from '@bowline/contracts';
import { brandAs, InvalidOptionError, LEAST_RELAY_BUDGET_BYTES, parseEndpointId } from '@bowline/contracts';
import type { System } from '../system.ts';

/** How often what was spent is written down: a crash forgives at most this much of a day. */
const SAVE_INTERVAL_MS = 60_000;

const BUDGET = 'relay.budget';
const SPENT = 'relay.spentToday';

/** Keeps the relay budget across restarts of the switchboard and of the device. */
export interface TrafficLimit {
  readonly limit: (budget: RelayBudget | null) => Promise<void>;
  /** Writes down what was spent; to be called before the switchboard stops. */
  readonly save: () => Promise<void>;
  readonly cancel: Cancel;
}

export const limitTraffic = ({ parts, hub, peers, clock, inBackground }: System): TrafficLimit => {
  const { persistence, switchboard } = parts;
  let cancelTimer: Cancel = () => undefined;

  const readSetting = async (name: string): Promise<SettingValue> =>
    (await persistence.client.request('getSetting', { name })).value ?? null;

  const save = async (): Promise<void> => {
    const counted = await switchboard.client.request('traffic', {});
    const spent = counted.peers
      .filter(({ spentTodayBytes }) => spentTodayBytes > 0)
      .map(({ endpointId, spentTodayBytes }) => ({ endpointId, bytes: spentTodayBytes }));
    if (spent.length === 0) return;
    const value = { day: dayOf(clock.nowMs()), spent };
    await persistence.client.request('putSetting', { name: SPENT, value });
  };

  const saveRegularly = (): void => {
    cancelTimer = clock.setTimer(
      SAVE_INTERVAL_MS,
      () => {
        inBackground('write down relay traffic', save);
        saveRegularly();
      },
      { unref: true, isAligned: true },
    );
  };
  saveRegularly();

  const cancels = [
    switchboard.onReady(async () => {
      const budget = budgetOf(await readSetting(BUDGET));
      const spentToday = spentOn(dayOf(clock.nowMs()), await readSetting(SPENT));
      await switchboard.client.request('limitTraffic', { budget, spentToday });
    }),
    switchboard.client.on('budget.crossed', ({ endpointId, level, spentBytes, limitBytes }) => {
      const device = endpointId === null ? undefined : peers.getByEndpoint(endpointId)?.device;
      // Of a device that was just unpaired there is nothing to tell.
      if (endpointId !== null && device === undefined) return;
      const { id: deviceId = null, name = null } = device ?? {};
      hub.tell({ event: 'relay.budgetCrossed', deviceId, name, level, spentBytes, limitBytes });
    }),
  ];
  return {
    save,
    limit: async (budget) => {
      const checked = budget === null ? null : checkBudget(budget);
      await switchboard.client.request('limitTraffic', { budget: checked });
      await persistence.client.request('putSetting', { name: BUDGET, value: checked === null ? null : { ...checked } });
    },
    cancel: () => {
      cancelTimer();
      for (const cancel of cancels) cancel();
    },
  };
};

const dayOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 10);

const checkBudget = ({ peerBytesPerDay, totalBytesPerDay }: RelayBudget): RelayBudget => {
  for (const [option, value] of Object.entries({ peerBytesPerDay, totalBytesPerDay })) {
    if (value !== null && !(Number.isSafeInteger(value) && value >= LEAST_RELAY_BUDGET_BYTES)) {
      const rule = `must be null, or a whole number of bytes, at least ${LEAST_RELAY_BUDGET_BYTES}`;
      throw new InvalidOptionError(option, rule, value);
    }
  }
  return { peerBytesPerDay, totalBytesPerDay };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const bytesOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;

const budgetOf = (stored: SettingValue): RelayBudget | null => {
  if (!isRecord(stored)) return null;
  const { peerBytesPerDay, totalBytesPerDay } = stored;
  return { peerBytesPerDay: bytesOrNull(peerBytesPerDay), totalBytesPerDay: bytesOrNull(totalBytesPerDay) };
};

const spentOn = (day: string, stored: SettingValue): readonly SpentToday[] => {
  if (!isRecord(stored) || stored.day !== day || !Array.isArray(stored.spent)) return [];
  return stored.spent.filter(isRecord).flatMap(({ endpointId, bytes }) => {
    const isKnown = typeof endpointId === 'string' && parseEndpointId(endpointId) !== undefined;
    const spent = bytesOrNull(bytes);
    return isKnown && spent !== null ? [{ endpointId: brandAs(endpointId), bytes: spent }] : [];
  });
};
