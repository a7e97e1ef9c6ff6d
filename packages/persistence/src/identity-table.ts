import {
  type Clock,
  cleanDisplayName,
  deviceIdOf,
  endpointIdOf,
  type Random,
  SECRET_KEY_BYTES,
  type StoredIdentity,
} from '@bowline/contracts';
import { z } from 'zod';
import { IDENTITY_CHECKSUM } from './checksums.ts';
import type { CountedDatabase } from './counted-database.ts';
import { StoreDamagedError } from './errors.ts';
import { openSealed, sealValue } from './sealing.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/** This device: one row, made at the first call and never again. */
export interface IdentityTable {
  /** Reads the identity, making it when the store has never had one, and raises the incarnation. */
  open(defaultName: string): StoredIdentity;
  /** Raises the incarnation above `above`, and answers it. */
  raise(above: number): number;
  rename(name: string): void;
}

export interface IdentityTableComponents {
  readonly database: CountedDatabase;
  readonly dataKey: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
}

const identityRow = z.object({
  endpoint_id: stored.endpointId,
  name: stored.name,
  sealed_secret_key: stored.bytes,
  incarnation: stored.count,
});

/** The secret key opens only beside its own endpoint id. */
const placeOf = (endpointId: string) => ({ table: 'identity', column: 'sealed_secret_key', row: endpointId });

export const identityTable = ({ database, dataKey, clock, random }: IdentityTableComponents): IdentityTable => {
  const select = database.prepare('SELECT endpoint_id, name, sealed_secret_key, incarnation FROM identity');
  // The fact outlives the row, so that a lost identity is told from one that was never made.
  const selectTraces = database.prepare(
    "SELECT 1 FROM facts WHERE name = 'identity_made' UNION ALL SELECT 1 FROM devices LIMIT 1",
  );
  const insertTrace = database.prepare("INSERT INTO facts (name, value) VALUES ('identity_made', 1)");
  const insert = database.prepare(`
    INSERT INTO identity (id, endpoint_id, name, sealed_secret_key, incarnation, made_at_ms)
    VALUES (1, :endpointId, :name, :sealed, 1, :madeAtMs)`);
  const raise = database.prepare('UPDATE identity SET incarnation = incarnation + 1');
  const raiseAbove = database.prepare('UPDATE identity SET incarnation = max(incarnation, :above) + 1');
  const setChecksum = database.prepare(`UPDATE identity SET checksum = ${IDENTITY_CHECKSUM}`);
  const updateName = database.prepare('UPDATE identity SET name = :name');

  const make = (name: string): void => {
    if (selectTraces.get() !== undefined)
      throw new StoreDamagedError(database.file, 'the identity of this device is gone');
    const secretKey = random.bytes(SECRET_KEY_BYTES);
    const endpointId = endpointIdOf(secretKey);
    const sealed = sealValue(dataKey, secretKey, placeOf(endpointId), random);
    insert.run({ endpointId, name, sealed, madeAtMs: Math.trunc(clock.nowMs()) });
    insertTrace.run();
  };

  const read = (): StoredIdentity => {
    const row = parseRow(identityRow, select.get(), 'identity', database.file);
    const secretKey = openSealed(dataKey, row.sealed_secret_key, placeOf(row.endpoint_id));
    const isWhole = secretKey?.length === SECRET_KEY_BYTES && endpointIdOf(secretKey) === row.endpoint_id;
    if (!isWhole) throw new StoreDamagedError(database.file, 'the secret key of this device cannot be opened');
    return {
      id: deviceIdOf(row.endpoint_id),
      endpointId: row.endpoint_id,
      name: row.name,
      secretKey,
      incarnation: row.incarnation,
    };
  };

  return {
    open: (defaultName) => {
      const name = checkInput(stored.name, cleanDisplayName(defaultName), 'defaultName');
      return database.lasting(() => {
        if (raise.run() === 0) make(name);
        setChecksum.run();
        return read();
      });
    },
    raise: (input) => {
      const above = checkInput(stored.count.max(Number.MAX_SAFE_INTEGER - 1), input, 'above');
      return database.lasting(() => {
        raiseAbove.run({ above });
        setChecksum.run();
        return read().incarnation;
      });
    },
    rename: (name) => {
      const clean = checkInput(stored.name, cleanDisplayName(name), 'name');
      database.lasting(() => {
        updateName.run({ name: clean });
        setChecksum.run();
      });
    },
  };
};
