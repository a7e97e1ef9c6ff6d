import type { DeviceId, MessageUsage } from '@bowline/contracts';
import { z } from 'zod';
import type { StoreDatabase } from './database.ts';
import { parseRow, stored } from './stored-values.ts';

const usageRow = z.object({ deviceId: stored.deviceId, count: stored.count, sizeBytes: stored.count });

/** How many messages a table holds of each device, kept beside it so that no message is counted again for the next. */
export interface MessageTotals {
  of(deviceId: DeviceId): MessageUsage;
  list(): readonly ({ readonly deviceId: DeviceId } & MessageUsage)[];
  /** Counts what is stored; to be called after a change that is more than one message, or was given up. */
  reload(): void;
  added(deviceId: DeviceId, sizeBytes: number): void;
}

const NOTHING: MessageUsage = Object.freeze({ count: 0, sizeBytes: 0 });

export const messageTotals = (database: StoreDatabase, table: 'inbox' | 'outbox'): MessageTotals => {
  const select = database.prepare(
    `SELECT device_id AS deviceId, count(*) AS count, sum(size_bytes) AS sizeBytes FROM ${table} GROUP BY device_id`,
  );
  const read = () =>
    new Map(
      select.all().map((row) => {
        const { deviceId, ...usage } = parseRow(usageRow, row, table, database.file);
        return [deviceId, usage as MessageUsage] as const;
      }),
    );
  let totals = read();
  const of = (deviceId: DeviceId): MessageUsage => totals.get(deviceId) ?? NOTHING;
  return {
    of,
    list: () => [...totals].map(([deviceId, usage]) => ({ deviceId, ...usage })),
    reload: () => {
      totals = read();
    },
    added: (deviceId, sizeBytes) => {
      const before = of(deviceId);
      totals.set(deviceId, { count: before.count + 1, sizeBytes: before.sizeBytes + sizeBytes });
    },
  };
};
