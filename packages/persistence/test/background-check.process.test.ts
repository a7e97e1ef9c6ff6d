import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StoreProblem } from '@bowline/contracts';
import { memoryLogger } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backgroundCheck } from '../src/background-check.ts';
import { inspectDatabase, openDatabase } from '../src/database.ts';
import { freshDataDir, startedStoreIn } from './data-dirs.ts';

const ENTRIES = 450;

/** A closed store with a journal of some slices. */
const arrange = async () => {
  const dataDir = freshDataDir();
  const store = await startedStoreIn(dataDir);
  for (let index = 0; index < ENTRIES; index += 1) {
    const entry = { atMs: index, event: 'network.changed', deviceId: null, data: { index } };
    await store.client.request('appendJournal', entry);
  }
  await store.actor.stop();
  return join(dataDir, 'store.db');
};

const checked = (file: string) => {
  const database = openDatabase(file);
  onTestFinished(() => database.close());
  const damage: StoreProblem[] = [];
  const check = backgroundCheck({
    database,
    tables: ['timeline', 'journal'],
    logger: memoryLogger(),
    onDamage: (problem) => damage.push(problem),
  });
  let slices = 1;
  while (check.next() === 'more') slices += 1;
  return { damage, slices };
};

describe('what is left out when a large store is opened', () => {
  it('is looked at afterwards, some rows at a time, and is whole', async () => {
    const { damage, slices } = checked(await arrange());
    expect(damage).toEqual([]);
    // One for the empty timeline, three for the journal, and one that finds nothing more.
    expect(slices).toBe(5);
  });

  it('is told as damage, once, where a row is not as it was stored', async () => {
    const file = await arrange();
    const sqlite = new DatabaseSync(file);
    sqlite.exec('UPDATE journal SET at_ms = 5 WHERE position IN (300, 420)');
    sqlite.close();
    expect(checked(file).damage).toEqual([
      { code: 'STORE_DAMAGED', file, reason: expect.stringContaining('tells what happened (journal) is damaged') },
    ]);
  });

  it('is nothing of a small store, and never anything of a backup', async () => {
    const file = await arrange();
    const left = (depth: 'all' | 'atStart') => inspectDatabase(file, 99, (_, unchecked) => unchecked, depth);
    expect([left('atStart'), left('all')]).toEqual([[], []]);
  });
});
