import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { errorMessage } from '@bowline/contracts';
import { encodePushRequest } from '@bowline/push-protocol';
import type { TakenOffer } from './answered-offers.ts';
import { dataFrames } from './data-frames.ts';
import { fileMark } from './file-mark.ts';
import { hashBeginning, openToRead } from './hash-file.ts';
import type { LentBlocks } from './lent-blocks.ts';
import type { PushOffer } from './push-offer.ts';
import type { SendingProgress } from './sending-progress.ts';

interface SendFileComponents {
  readonly blocks: LentBlocks;
  readonly progress: SendingProgress;
  /** Whether the push has failed, so that nothing more need be sent. */
  readonly hasFailed: () => boolean;
  readonly signal: AbortSignal;
}

/** Sends the bytes of a file from where the receiver takes it on; or says that it is not what was offered any more. */
export const sendFile = async (taken: TakenOffer, components: SendFileComponents): Promise<void> => {
  const { blocks, progress, signal } = components;
  const { item } = taken.offer;
  try {
    await using file = await openToRead(item.entry.source);
    const hash = await beginToSend(file, taken, signal);
    if (hash !== null && (await sendRest(file, taken, hash, components))) return;
  } catch (error) {
    signal.throwIfAborted();
    // What the file system says has a system call; what the stream says has none.
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    progress.noMoreAttempts(item, errorMessage(error));
  }
  await blocks.say(encodePushRequest({ kind: 'abandon' }));
};

/** The file as it was when it was offered, up to the first byte to be sent; `null` when it is another one now. */
const beginToSend = async (
  file: FileHandle,
  { offer, offset }: TakenOffer,
  signal: AbortSignal,
): Promise<Hash | null> => {
  const hash = createHash('sha256');
  if (offer.kind !== 'large') return hash;
  if (!(await isAsOffered(file, offer))) return null;
  return (await hashBeginning(file, offset, hash, signal)) ? hash : null;
};

/** Says all of the rest; answers whether it is what was offered. */
const sendRest = async (
  file: FileHandle,
  { offer, offset }: TakenOffer,
  hash: Hash,
  { blocks, progress, hasFailed, signal }: SendFileComponents,
): Promise<boolean> => {
  let at = offset;
  for await (const read of dataFrames(file, offset, offer.item.sizeBytes, blocks.take)) {
    signal.throwIfAborted();
    if (hasFailed()) return true;
    if (read.fileBytes === 0) return false;
    if (offer.kind === 'large') for (const piece of read.pieces) hash.update(piece);
    await blocks.lend(read.block, read.frames);
    at += read.fileBytes;
    progress.note(offer.item, at);
  }
  if (offer.kind !== 'large') return true;
  if (!(await isAsOffered(file, offer))) return false;
  await blocks.say(encodePushRequest({ kind: 'hash', hash: hash.digest() }));
  return true;
};

const isAsOffered = async (file: FileHandle, { mark }: Extract<PushOffer, { kind: 'large' }>): Promise<boolean> =>
  fileMark(await file.stat({ bigint: true })).equals(mark);
