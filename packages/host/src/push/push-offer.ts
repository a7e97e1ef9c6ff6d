import { lstat } from 'node:fs/promises';
import { encodePushRequest, MAX_SMALL_FILE_BYTES, PUSH_HEADER_BYTES, writeDataHeader } from '@bowline/push-protocol';
import { fileMark } from './file-mark.ts';
import { hashFile } from './hash-file.ts';
import type { PushItem } from './push-item.ts';
import { readSmallFile } from './read-small-file.ts';

/** A file as it is offered: by its hash; with its content, whose hash it is; or by a mark, and its hash after its content. */
export type PushOffer =
  | { readonly kind: 'file'; readonly item: PushItem; readonly hash: Uint8Array }
  | { readonly kind: 'small'; readonly item: PushItem; readonly hash: Uint8Array; readonly content: Uint8Array }
  | { readonly kind: 'large'; readonly item: PushItem; readonly mark: Buffer };

interface PreparePushOfferOptions {
  /** Whether the receiver takes files whose hash it is not told before. */
  readonly takesUnhashed: boolean;
  /** Whether the file is likely to be there already. */
  readonly isKnownThere: boolean;
  readonly signal: AbortSignal;
}

export const isSmall = ({ sizeBytes }: PushItem): boolean => sizeBytes <= MAX_SMALL_FILE_BYTES;

/** Reads of a file what has to be known to offer it; `null` when it changes meanwhile. Rejects where it cannot be read. */
export const preparePushOffer = async (
  item: PushItem,
  { takesUnhashed, isKnownThere, signal }: PreparePushOfferOptions,
): Promise<PushOffer | null> => {
  const { source } = item.entry;
  if (item.hash !== null) return { kind: 'file', item, hash: item.hash };
  if (takesUnhashed && !item.isAsked && !isSmall(item)) {
    const found = await lstat(source, { bigint: true });
    if (!found.isFile()) throw new Error('it is no file any more');
    item.sizeBytes = Number(found.size);
    return { kind: 'large', item, mark: fileMark(found) };
  }
  if (takesUnhashed && !isKnownThere && isSmall(item)) {
    const read = await readSmallFile(source);
    if (read !== null) {
      item.sizeBytes = read.content.byteLength;
      return { kind: 'small', item, ...read };
    }
  }
  const found = await hashFile(source, signal);
  if (found === null) return null;
  item.sizeBytes = found.sizeBytes;
  item.hash = found.hash;
  return { kind: 'file', item, hash: found.hash };
};

/** The offer as it is said, with what goes with it. */
export const encodePushOffer = (offer: PushOffer, index: number): readonly Uint8Array[] => {
  const { path } = offer.item.entry;
  const { sizeBytes } = offer.item;
  if (offer.kind === 'large') {
    return [encodePushRequest({ kind: 'large', index, path, sizeBytes, mark: offer.mark })];
  }
  const word = encodePushRequest({ kind: offer.kind, index, path, sizeBytes, hash: offer.hash });
  if (offer.kind === 'file' || sizeBytes === 0) return [word];
  const head = Buffer.alloc(PUSH_HEADER_BYTES);
  writeDataHeader(head, sizeBytes);
  return [word, head, offer.content];
};
