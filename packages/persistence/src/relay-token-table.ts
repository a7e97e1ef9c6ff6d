import {
  type DeviceId,
  type EndpointId,
  MAX_RELAY_URLS,
  type PersistenceChannel,
  type Random,
  type RelayToken,
  type RequestInput,
} from '@bowline/contracts';
import { z } from 'zod';
import type { CountedDatabase } from './counted-database.ts';
import { StoreDamagedError } from './errors.ts';
import { openSealed, sealValue } from './sealing.ts';
import { checkInput, parseRow, stored } from './stored-values.ts';

/** Tokens that peers have shared of their relays. Values are sealed; they go with the device. */
export interface RelayTokenTable {
  put(input: RequestInput<PersistenceChannel, 'putRelayTokens'>): void;
  /** The same for a device that is stored. Runs within the caller's transaction. */
  replace(deviceId: DeviceId, tokens: readonly RelayToken[]): void;
  list(): readonly { readonly endpointId: EndpointId; readonly tokens: readonly RelayToken[] }[];
}

/** Longest token, characters: what fits in one HTTP header of any server. */
const MAX_TOKEN_CHARACTERS = 4_096;

const tokensInput = z
  .array(
    z.object({
      url: stored.relayUrl,
      token: z
        .string()
        .max(MAX_TOKEN_CHARACTERS)
        .regex(/^[\x21-\x7e]+$/),
    }),
  )
  .max(MAX_RELAY_URLS);

const tokenRow = z.object({
  device_id: stored.deviceId,
  endpoint_id: stored.endpointId,
  url: stored.relayUrl,
  sealed_token: stored.bytes,
});

/** A token opens only for the device that shared it, and for its own relay. */
const placeOf = (deviceId: string, url: string) => ({
  table: 'relay_tokens',
  column: 'sealed_token',
  row: `${deviceId} ${url}`,
});

export const relayTokenTable = (database: CountedDatabase, dataKey: Uint8Array, random: Random): RelayTokenTable => {
  const selectAll = database.prepare(`
    SELECT device_id, endpoint_id, url, sealed_token FROM relay_tokens JOIN devices USING (device_id)
    ORDER BY pairing_order, url`);
  const selectDevice = database.prepare('SELECT 1 FROM devices WHERE device_id = :deviceId');
  const deleteAll = database.prepare('DELETE FROM relay_tokens WHERE device_id = :deviceId');
  const insert = database.prepare(
    'INSERT OR REPLACE INTO relay_tokens (device_id, url, sealed_token) VALUES (:deviceId, :url, :sealed)',
  );

  const replace = (deviceId: DeviceId, tokens: readonly RelayToken[]): void => {
    const checked = checkInput(tokensInput, tokens, 'tokens');
    deleteAll.run({ deviceId });
    for (const { url, token } of checked) {
      insert.run({ deviceId, url, sealed: sealValue(dataKey, Buffer.from(token), placeOf(deviceId, url), random) });
    }
  };

  return {
    replace,
    put: ({ deviceId, tokens }) =>
      database.lasting(() => {
        if (selectDevice.get({ deviceId }) !== undefined) replace(deviceId, tokens);
      }),
    list: () => {
      const peers = new Map<EndpointId, RelayToken[]>();
      for (const row of selectAll.all()) {
        const { device_id, endpoint_id, url, sealed_token } = parseRow(tokenRow, row, 'relay_tokens', database.file);
        const token = openSealed(dataKey, sealed_token, placeOf(device_id, url));
        if (token === undefined) throw new StoreDamagedError(database.file, 'the token of a relay cannot be opened');
        const tokens = peers.get(endpoint_id) ?? [];
        tokens.push({ url, token: Buffer.from(token).toString('utf8') });
        peers.set(endpoint_id, tokens);
      }
      return [...peers].map(([endpointId, tokens]) => ({ endpointId, tokens }));
    },
  };
};
