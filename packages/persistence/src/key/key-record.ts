import { z } from 'zod';
import { rowChecksum } from '../row-checksum.ts';
import { SEALING_KEY_BYTES, SEALING_OVERHEAD_BYTES } from '../sealing.ts';
import { ARGON2_BOUNDS, ARGON2_SALT_BYTES } from './argon2id.ts';

/**
 * What `store.key` says of the key: the key itself, or where it is and what opens it. The key stays the same when that
 * changes, so that the database and all backups stay as they are.
 */
export type KeyRecord =
  | { readonly kind: 'file'; readonly key: Uint8Array }
  | { readonly kind: 'keychain'; readonly entry: string }
  | ({ readonly kind: 'passphrase' } & SealedByPassphrase)
  | { readonly kind: 'app'; readonly sealed: Uint8Array };

/** A key under a passphrase, with everything else that is needed to open it. */
export interface SealedByPassphrase {
  readonly salt: Uint8Array;
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly sealed: Uint8Array;
}

/** What the file says first, so that a person who finds it knows what it is. */
const PLAIN_HEADING = 'bowline store key 1: ';
const HEADING = 'bowline store key 2: ';

/** Longest file read, bytes: more than the longest record, and room for line ends an editor may have added. */
export const MAX_KEY_FILE_BYTES = 1_024;

const hex = (sizeBytes: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${sizeBytes * 2}}$`))
    .transform((digits) => new Uint8Array(Buffer.from(digits, 'hex')));

const within = ({ least, most }: { readonly least: number; readonly most: number }) => z.int().min(least).max(most);

const sealedKey = hex(SEALING_KEY_BYTES + SEALING_OVERHEAD_BYTES);

const recordSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('keychain'), entry: z.string().regex(/^[0-9a-f]{32}$/) }),
  z.strictObject({
    kind: z.literal('passphrase'),
    salt: hex(ARGON2_SALT_BYTES),
    memoryKib: within(ARGON2_BOUNDS.memoryKib),
    passes: within(ARGON2_BOUNDS.passes),
    lanes: within(ARGON2_BOUNDS.lanes),
    sealed: sealedKey,
  }),
  z.strictObject({ kind: z.literal('app'), sealed: sealedKey }),
]);

/** The record in a file, or `undefined` when it is none that was written, or not as it was written. */
export const parseKeyRecord = (text: string): KeyRecord | undefined => {
  const digits = new RegExp(`^${PLAIN_HEADING}([0-9a-f]{${SEALING_KEY_BYTES * 2}})\\s*$`).exec(text)?.[1];
  if (digits !== undefined) return { kind: 'file', key: new Uint8Array(Buffer.from(digits, 'hex')) };
  const [, checksum, json] = new RegExp(`^${HEADING}([0-9a-f]{16}) (\\{.*\\})\\s*$`).exec(text) ?? [];
  // Told apart from a wrong passphrase: what is altered here would never open.
  if (json === undefined || checksum !== checksumOf(json)) return undefined;
  return recordSchema.safeParse(JSON.parse(json)).data;
};

/** A record as the file has it. */
export const keyRecordText = (record: KeyRecord): string => {
  if (record.kind === 'file') return `${PLAIN_HEADING}${toHex(record.key)}\n`;
  const json = JSON.stringify(record, (_name, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
  return `${HEADING}${checksumOf(json)} ${json}\n`;
};

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const checksumOf = (json: string): string => toHex(rowChecksum(json));
