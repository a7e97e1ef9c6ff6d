/**
 * What a large store costs: `npm run bench store`. 10,000 devices and 1,000,000 rows of what happened to them.
 *
 * Prints one JSON object each: how long the store takes to open, and the slowest of what is asked of it afterwards, milliseconds.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { deviceIdOf, endpointIdOf, type PersistenceChannel } from '@bowline/contracts';
import { persistence } from '@bowline/persistence';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type ActorHarness, actorHarness } from '@bowline/testing';

const DEVICES = 10_000;
const ROWS = 1_000_000;
const ROUNDS = 200;

const dataDir = join(mkdtempSync(join(tmpdir(), 'bowline-bench-')), 'data');
const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const started = async (): Promise<ActorHarness<PersistenceChannel>> => {
  const harness = actorHarness(persistence({ dataDir }), { clock: systemClock, random: systemRandom });
  await harness.actor.start();
  return harness;
};
const bytesOf = (index: number): Uint8Array => {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, index);
  return bytes;
};
const endpointIds = Array.from({ length: DEVICES }, (_, index) => endpointIdOf(bytesOf(index)));
const deviceIds = endpointIds.map(deviceIdOf);

/** One device and one line by the store itself, the others as copies of them: their checksums are computed as it does. */
const fill = async (): Promise<void> => {
  const { client, actor } = await started();
  await client.request('openIdentity', { defaultName: 'bench' });
  for (const endpointId of endpointIds.slice(0, 1)) {
    const { device } = await client.request('addPending', { endpointId, name: 'device', platform: 'linux' });
    await client.request('promote', { deviceId: device.id });
  }
  await actor.stop();
  const { rowChecksum } = await import('../../packages/persistence/src/row-checksum.ts');
  const { DEVICE_CHECKSUM } = await import('../../packages/persistence/src/checksums.ts');
  const { MIGRATIONS } = await import('../../packages/persistence/src/migrations/migration-list.ts');
  const { storeMarkFile } = await import('../../packages/persistence/src/store-mark.ts');
  const { countContents } = await import('../../packages/persistence/src/store-contents.ts');
  const { openDatabase } = await import('../../packages/persistence/src/database.ts');
  const sqlite = new DatabaseSync(join(dataDir, 'store.db'));
  sqlite.function('row_checksum', { deterministic: true, varargs: true }, rowChecksum);
  sqlite.exec('BEGIN');
  const insertDevice = sqlite.prepare(`
    INSERT INTO devices (device_id, endpoint_id, name, platform, pairing_state, pairing_order, paired_at_ms, incarnation, checksum)
    VALUES (?, ?, 'device', 'linux', 'paired', ?, 0, 1, x'')`);
  const insertAddress = sqlite.prepare('INSERT INTO direct_addresses VALUES (?, ?, 0)');
  for (const [index, endpointId] of endpointIds.entries()) {
    if (index > 0) insertDevice.run(deviceIds[index] as string, endpointId, index + 10);
    for (let port = 1; port <= 3; port += 1) insertAddress.run(deviceIds[index] as string, `192.0.2.1:${port}`);
  }
  sqlite.exec(`UPDATE devices SET checksum = ${DEVICE_CHECKSUM}`);
  const insertLine = sqlite.prepare(`
    INSERT INTO timeline (position, device_id, at_ms, kind, path, relay, cause, duration_ms, checksum)
    VALUES (?, ?, ?, 'device.connected', 'direct', NULL, NULL, NULL, ?)`);
  const nowMs = Date.now();
  for (let position = 1; position <= ROWS; position += 1) {
    const deviceId = deviceIds[position % DEVICES] as string;
    const atMs = nowMs - ROWS + position;
    const checksum = rowChecksum(position, deviceId, atMs, 'device.connected', 'direct', null, null, null);
    insertLine.run(position, deviceId, atMs, checksum);
  }
  sqlite.exec('COMMIT');
  sqlite.close();
  const database = openDatabase(join(dataDir, 'store.db'));
  if (database.schemaVersion !== MIGRATIONS.length) throw new Error('another schema');
  const mark = storeMarkFile(join(dataDir, 'store.mark'), { ...console, child: () => console } as never);
  mark.writeLasting(countContents(database));
  mark.close();
  database.close();
};

const slowest = async (name: string, ask: (round: number) => Promise<unknown>): Promise<void> => {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    await ask(round);
    took.push(performance.now() - startedMs);
  }
  took.sort((a, b) => a - b);
  const at = (ratio: number): number => Math.round((took[Math.floor((took.length - 1) * ratio)] ?? 0) * 100) / 100;
  print({ query: name, p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1) });
};

await fill();
print({ devices: DEVICES, rows: ROWS, sizeMib: Math.round(statSync(join(dataDir, 'store.db')).size / 1_048_576) });
for (let round = 0; round < 3; round += 1) {
  const startedMs = performance.now();
  const { client, actor } = await started();
  const openedMs = performance.now() - startedMs;
  await client.request('openIdentity', { defaultName: 'bench' });
  await client.request('listDevices', {});
  print({ openMs: Math.round(openedMs), startMs: Math.round(performance.now() - startedMs) });
  await actor.stop();
}
const { client, actor } = await started();
const deviceOf = (round: number) => deviceIds[(round * 37) % DEVICES] as (typeof deviceIds)[number];
await slowest('readTimeline', (round) => client.request('readTimeline', { deviceId: deviceOf(round), sinceMs: 0 }));
await slowest('appendTimeline', (round) => {
  const line = {
    deviceId: deviceOf(round),
    kind: 'device.connected',
    path: 'direct',
    relay: null,
    cause: null,
  } as const;
  return client.request('appendTimeline', {
    records: [{ ...line, atMs: Date.now(), durationMs: null }],
    atMs: Date.now(),
  });
});
await slowest('updateDevice', (round) =>
  client.request('updateDevice', { deviceId: deviceOf(round), lastSeenAtMs: round }),
);
await slowest('renameDevice', (round) =>
  client.request('renameDevice', { deviceId: deviceOf(round), name: `n${round}` }),
);
await slowest('readJournal', () => client.request('readJournal', { afterPosition: -1, limit: 100 }));
await slowest('changeTrust', (round) =>
  client.request('changeTrust', { deviceId: deviceOf(round), change: { note: 'x' } }),
);
await actor.stop();
rmSync(join(dataDir, '..'), { recursive: true });
