import type { PersistenceChannel, RequestInput, RequestOutput } from '@bowline/contracts';
import { z } from 'zod';
import { DEVICE_FACTS_CHECKSUM } from './checksums.ts';
import type { StoreDatabase } from './database.ts';
import { StoreInputError } from './errors.ts';
import { jsonText } from './json-text.ts';
import { ROW_CHECKSUM } from './row-checksum.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/** Largest facts of one device as JSON: eight relays with the longest URLs, and some. */
const MAX_FACTS_BYTES = 16_384;

/** What each device told of itself last; it goes with the device. What it says is read by whoever asks for it. */
export interface DeviceFactsTable {
  put(input: RequestInput<PersistenceChannel, 'putDeviceFacts'>): void;
  list(): RequestOutput<PersistenceChannel, 'listDeviceFacts'>['facts'];
}

const putInput = z.object({
  deviceId: stored.deviceId,
  atMs: stored.timeMs,
  facts: z.record(z.string(), z.unknown()),
});

const factsRow = z.object({
  device_id: stored.deviceId,
  at_ms: stored.timeMs,
  facts: z.string().transform((text): unknown => JSON.parse(text)),
  is_whole: z.literal(1, 'not as it was stored'),
});

export const deviceFactsTable = (database: StoreDatabase): DeviceFactsTable => {
  const selectDevice = database.prepare('SELECT 1 FROM devices WHERE device_id = :deviceId');
  const put = database.prepare(`
    INSERT OR REPLACE INTO device_facts (device_id, at_ms, facts, checksum)
    VALUES (:deviceId, :atMs, :facts, ${ROW_CHECKSUM}(:deviceId, :atMs, :facts))`);
  const selectAll = database.prepare(
    `SELECT device_id, at_ms, facts, checksum IS ${DEVICE_FACTS_CHECKSUM} AS is_whole FROM device_facts`,
  );
  return {
    put: (input) => {
      const { deviceId, atMs, facts } = checkInput(putInput, input, 'facts');
      const text = jsonText(facts, 'facts');
      if (Buffer.byteLength(text) > MAX_FACTS_BYTES) {
        throw new StoreInputError('facts', `are longer than ${MAX_FACTS_BYTES} bytes of JSON`);
      }
      database.transaction(() => {
        if (selectDevice.get({ deviceId }) !== undefined) put.run({ deviceId, atMs, facts: text });
      });
    },
    list: () =>
      selectAll.all().map((row) => {
        const { device_id, at_ms, facts } = parseRow(factsRow, row, 'device_facts', database.file);
        return { deviceId: device_id, atMs: at_ms, facts };
      }),
  };
};
