import { rm } from 'node:fs/promises';
import type { HashedOffer, ReceivedOffers, SmallOffer } from './received-offers.ts';
import type { Destination, ReceivingFolder } from './receiving-folder.ts';
import type { ReceivingShare } from './receiving-share.ts';

interface AnswerForEqualComponents {
  readonly folder: Pick<ReceivingFolder, 'findEqual' | 'partialPath'>;
  readonly share: Pick<ReceivingShare, 'inUse'>;
  readonly offers: Pick<ReceivedOffers, 'saved'>;
}

/** Answers for a file that is there already, byte for byte; resolves with whether it is. */
export const answerForEqual = async (
  { index, sizeBytes, hash }: SmallOffer | HashedOffer,
  destination: Destination,
  { folder, share, offers }: AnswerForEqualComponents,
): Promise<boolean> => {
  const equal = await folder.findEqual(destination, sizeBytes, hash);
  if (equal === null) return false;
  // A cut between the two may have left what has its name already.
  const left = folder.partialPath(destination, hash);
  if (!share.inUse.has(left)) await rm(left, { force: true });
  await offers.saved(index, equal, true);
  return true;
};
