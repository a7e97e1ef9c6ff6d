import { rm } from 'node:fs/promises';
import type { HashedOffer, ReceivedOffers, SmallOffer } from './received-offers.ts';
import type { Destination, ReceivingFolder } from './receiving-folder.ts';
import type { ReceivingShare } from './receiving-share.ts';

interface AnswerForEqualComponents {
  readonly folder: Pick<ReceivingFolder, 'findEqual' | 'partialPath'>;
  readonly share: Pick<ReceivingShare, 'inUse'>;
  readonly offers: Pick<ReceivedOffers, 'saved'>;
}

/**
 * A cut between the naming of a file and the removal of its partial one may have left that. Nobody goes on with it: what has its
 * name already is answered for by its hash.
 */
export const removeLeftover = async (partialPath: string, share: Pick<ReceivingShare, 'inUse'>): Promise<void> => {
  if (!share.inUse.has(partialPath)) await rm(partialPath, { force: true });
};

/** Answers for a file that is there already, byte for byte; resolves with whether it is. */
export const answerForEqual = async (
  { index, sizeBytes, hash }: SmallOffer | HashedOffer,
  destination: Destination,
  { folder, share, offers }: AnswerForEqualComponents,
): Promise<boolean> => {
  const equal = await folder.findEqual(destination, sizeBytes, hash);
  if (equal === null) return false;
  await removeLeftover(folder.partialPath(destination, hash), share);
  await offers.saved(index, equal, true);
  return true;
};
