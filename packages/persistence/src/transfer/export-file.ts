import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import type { Random } from '@bowline/contracts';
import { z } from 'zod';
import { usingFile } from '../file-errors.ts';
import { SEALING_KEY_BYTES } from '../sealing.ts';
import { stored } from '../stored-values.ts';
import { EXPORT_HEADER_BYTES, makeExportHeader, openExportHeader } from './export-header.ts';
import { CHUNK_BYTES, CHUNK_TAG_BYTES, openChunk, sealChunk } from './sealed-chunks.ts';
import { ExportUnreadableError } from './transfer-errors.ts';

/** What stands before the database in an export. `dataKey` is a secret. */
export interface ExportManifest {
  readonly endpointId: string;
  readonly name: string;
  readonly deviceCount: number;
  readonly madeAtMs: number;
  /** The key that the secrets in the database are sealed under, hexadecimal. */
  readonly dataKey: string;
  readonly databaseBytes: number;
}

/** Longest manifest read, bytes: it has some three hundred. */
const MAX_MANIFEST_BYTES = 4_096;

/** Loose, so that a later version may say more. */
const manifestSchema = z.object({
  endpointId: stored.endpointId,
  name: stored.name,
  deviceCount: stored.count,
  madeAtMs: stored.timeMs,
  dataKey: z.string().regex(new RegExp(`^[0-9a-f]{${SEALING_KEY_BYTES * 2}}$`)),
  databaseBytes: stored.count,
});

/** Writes an export of the database file to a new file of mode 0600, synced. */
export const writeExport = async (
  file: string,
  {
    database,
    manifest,
    passphrase,
  }: { readonly database: string; readonly manifest: ExportManifest; readonly passphrase: string },
  random: Random,
): Promise<void> => {
  const header = await makeExportHeader(passphrase, random);
  const json = Buffer.from(JSON.stringify(manifest), 'utf8');
  const prelude = Buffer.alloc(4 + json.length);
  prelude.writeUInt32BE(json.length);
  prelude.set(json, 4);
  const totalBytes = prelude.length + manifest.databaseBytes;
  const chunkCount = Math.max(1, Math.ceil(totalBytes / CHUNK_BYTES));
  withFile(database, 'r', (from) =>
    withFile(file, 'wx', (to) => {
      writeSync(to, header.bytes);
      let databaseAt = 0;
      for (let index = 0; index < chunkCount; index += 1) {
        const start = index === 0 ? prelude : Buffer.alloc(0);
        const plaintext = Buffer.alloc(Math.min(CHUNK_BYTES, totalBytes - index * CHUNK_BYTES));
        start.copy(plaintext);
        databaseAt += readFully(from, plaintext.subarray(start.length), databaseAt);
        writeSync(to, sealChunk(header.key, plaintext, index, index === chunkCount - 1));
      }
      fsyncSync(to);
    }),
  );
};

/**
 * Reads an export through, and hands out the database in it piece by piece. All of it is authentic only when this returns.
 * @throws {@link ExportUnreadableError}, ExportNewerError, WrongPassphraseError
 */
export const readExport = async (
  file: string,
  passphrase: string,
  take: (bytes: Uint8Array) => void,
): Promise<ExportManifest> => {
  const headerBytes = withFile(file, 'r', (from) => {
    const bytes = Buffer.alloc(EXPORT_HEADER_BYTES);
    return bytes.subarray(0, readSync(from, bytes, 0, bytes.length, 0));
  });
  const key = await openExportHeader(headerBytes, passphrase, file);
  return withFile(file, 'r', (from) => {
    const sealedBytes = fstatSync(from).size - EXPORT_HEADER_BYTES;
    const chunkCount = Math.max(1, Math.ceil(sealedBytes / (CHUNK_BYTES + CHUNK_TAG_BYTES)));
    let manifest: ExportManifest | undefined;
    let databaseBytes = 0;
    for (let index = 0; index < chunkCount; index += 1) {
      const at = index * (CHUNK_BYTES + CHUNK_TAG_BYTES);
      const sealed = Buffer.alloc(Math.max(0, Math.min(CHUNK_BYTES + CHUNK_TAG_BYTES, sealedBytes - at)));
      readFully(from, sealed, EXPORT_HEADER_BYTES + at);
      let plaintext = openChunk(key, sealed, index, index === chunkCount - 1);
      if (plaintext === undefined) throw new ExportUnreadableError(file, 'it is cut short or altered');
      if (manifest === undefined) {
        const first = manifestIn(plaintext);
        if (first === undefined) throw new ExportUnreadableError(file, 'it says nothing of what it holds');
        manifest = first.manifest;
        plaintext = first.rest;
      }
      databaseBytes += plaintext.length;
      take(plaintext);
    }
    if (manifest?.databaseBytes !== databaseBytes)
      throw new ExportUnreadableError(file, 'it is not as long as it says');
    return manifest;
  });
};

const manifestIn = (plaintext: Buffer): { readonly manifest: ExportManifest; readonly rest: Buffer } | undefined => {
  if (plaintext.length < 4) return undefined;
  const sizeBytes = plaintext.readUInt32BE();
  if (sizeBytes > MAX_MANIFEST_BYTES || 4 + sizeBytes > plaintext.length) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(plaintext.toString('utf8', 4, 4 + sizeBytes));
  } catch {
    // No JSON is no manifest.
    return undefined;
  }
  const manifest = manifestSchema.safeParse(json).data;
  return manifest === undefined ? undefined : { manifest, rest: plaintext.subarray(4 + sizeBytes) };
};

const withFile = <T>(file: string, flags: 'r' | 'wx', work: (descriptor: number) => T): T =>
  usingFile(file, () => {
    const descriptor = openSync(file, flags, 0o600);
    try {
      return work(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });

/** Fills `bytes` from a place in a file, as far as there is something; answers how much it was. */
const readFully = (descriptor: number, bytes: Uint8Array, at: number): number => {
  let filled = 0;
  while (filled < bytes.length) {
    const sizeBytes = readSync(descriptor, bytes, filled, bytes.length - filled, at + filled);
    if (sizeBytes === 0) break;
    filled += sizeBytes;
  }
  return filled;
};
