import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PersistenceChannel } from '@bowline/contracts';
import { type ActorHarness, actorHarness, seededRandom } from '@bowline/testing';
import { onTestFinished } from 'vitest';
import { type PersistenceOptionsInput, persistence } from '../src/index.ts';

/** A data directory that does not exist yet, removed with everything in it when the test ends. */
export const freshDataDir = (): string => {
  const parent = mkdtempSync(join(tmpdir(), 'bowline-store-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'data');
};

let seed = 0;

/** A store on `dataDir`, not started; stopped when the test ends. Each has randomness of its own, as each start has. */
export const storeIn = (
  dataDir: string,
  options: Partial<PersistenceOptionsInput> = {},
): ActorHarness<PersistenceChannel> => {
  seed += 1;
  const harness = actorHarness(persistence({ dataDir, ...options }), { random: seededRandom(seed) });
  onTestFinished(() => harness.actor.stop());
  return harness;
};

/** The same, started. */
export const startedStoreIn = async (
  dataDir: string,
  options: Partial<PersistenceOptionsInput> = {},
): Promise<ActorHarness<PersistenceChannel>> => {
  const harness = storeIn(dataDir, options);
  await harness.actor.start();
  return harness;
};
