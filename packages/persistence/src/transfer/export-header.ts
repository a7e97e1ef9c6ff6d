import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Random } from '@bowline/contracts';
import { ARGON2_BOUNDS, ARGON2_COST, ARGON2_SALT_BYTES, type Argon2Cost, argon2id } from '../key/argon2id.ts';
import { WrongPassphraseError } from '../key/key-errors.ts';
import { passphraseBytes } from '../key/passphrase.ts';
import { ExportNewerError, ExportUnreadableError } from './transfer-errors.ts';

/** What the file says first; a person who opens it sees what it is. */
const HEADING = 'bowline export 1\n';
const ANY_HEADING = /^bowline export ([0-9]{1,9})\n/;

const TAG_BYTES = 32;
const COSTS_AT = HEADING.length + ARGON2_SALT_BYTES;
const TAG_AT = COSTS_AT + 12;

/** Bytes before the sealed part. The format is described in `docs/protocol/export.md`. */
export const EXPORT_HEADER_BYTES = TAG_AT + TAG_BYTES;

interface ExportKeys {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

const keysOf = async (passphrase: string, salt: Uint8Array, cost: Argon2Cost): Promise<ExportKeys> => {
  const root = await argon2id(passphraseBytes(passphrase), salt, cost);
  const key = (purpose: string) =>
    new Uint8Array(hkdfSync('sha256', root, salt, `bowline export 1 ${purpose}`, TAG_BYTES));
  return { header: key('header'), payload: key('payload') };
};

const tagOf = (key: Uint8Array, header: Uint8Array): Buffer =>
  createHmac('sha256', key).update(header.subarray(0, TAG_AT)).digest();

/** A fresh header, and the key of what follows it. */
export const makeExportHeader = async (
  passphrase: string,
  random: Random,
): Promise<{ readonly bytes: Uint8Array; readonly key: Uint8Array }> => {
  const salt = random.bytes(ARGON2_SALT_BYTES);
  const keys = await keysOf(passphrase, salt, ARGON2_COST);
  const bytes = Buffer.alloc(EXPORT_HEADER_BYTES);
  bytes.write(HEADING, 'latin1');
  bytes.set(salt, HEADING.length);
  for (const [index, value] of [ARGON2_COST.memoryKib, ARGON2_COST.passes, ARGON2_COST.lanes].entries()) {
    bytes.writeUInt32BE(value, COSTS_AT + 4 * index);
  }
  bytes.set(tagOf(keys.header, bytes), TAG_AT);
  return { bytes, key: keys.payload };
};

/**
 * The key of what follows a header. What it asks for is bounded before anything is computed.
 * @throws {@link ExportUnreadableError}, {@link ExportNewerError}, {@link WrongPassphraseError}
 */
export const openExportHeader = async (bytes: Buffer, passphrase: string, file: string): Promise<Uint8Array> => {
  const version = ANY_HEADING.exec(bytes.toString('latin1', 0, HEADING.length + 8))?.[1];
  if (version === undefined) throw new ExportUnreadableError(file, 'it is no export of Bowline');
  if (Number(version) > 1) throw new ExportNewerError(file);
  if (bytes.length < EXPORT_HEADER_BYTES || !bytes.toString('latin1').startsWith(HEADING)) {
    throw new ExportUnreadableError(file, 'its beginning is damaged');
  }
  const salt = bytes.subarray(HEADING.length, COSTS_AT);
  const [memoryKib, passes, lanes] = [0, 4, 8].map((offset) => bytes.readUInt32BE(COSTS_AT + offset)) as [
    number,
    number,
    number,
  ];
  const cost = { memoryKib, passes, lanes };
  for (const name of ['memoryKib', 'passes', 'lanes'] as const) {
    const { least, most } = ARGON2_BOUNDS[name];
    if (cost[name] < least || cost[name] > most) throw new ExportUnreadableError(file, 'its beginning is damaged');
  }
  const keys = await keysOf(passphrase, salt, cost);
  if (!timingSafeEqual(tagOf(keys.header, bytes), bytes.subarray(TAG_AT, EXPORT_HEADER_BYTES))) {
    throw new WrongPassphraseError(file);
  }
  return keys.payload;
};
