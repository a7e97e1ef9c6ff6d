import { errorCode } from '@bowline/contracts';
import { isAlive } from '../background/is-alive.ts';
import { ownVersion } from '../own-version.ts';
import { readDaemonAddress } from './daemon-address.ts';
import { DaemonOtherReleaseError, otherReleaseNote } from './errors.ts';

/** What to tell a person whose daemon is of another release than the command; `null` where it is not, or none runs. */
export const noteOfOtherRelease = (dataDir: string, own = ownVersion()): string | null => {
  const address = addressOrNull(dataDir);
  if (address === null || address.version === undefined || address.version === own) return null;
  return isAlive(address.pid) ? otherReleaseNote(dataDir, address.version, own) : null;
};

/** Begins a conversation with a daemon; where the two do not speak alike, it says of which release each is. @throws DaemonOtherReleaseError */
export const inSameRelease = async <Channel>(dataDir: string, connect: () => Promise<Channel>): Promise<Channel> => {
  try {
    return await connect();
  } catch (error) {
    if (errorCode(error) !== 'CHANNEL_VERSION_MISMATCH') throw error;
    throw new DaemonOtherReleaseError(dataDir, addressOrNull(dataDir)?.version ?? 'of another release', ownVersion());
  }
};

/** What is not to be trusted is said when it is talked to. */
const addressOrNull = (dataDir: string): ReturnType<typeof readDaemonAddress> => {
  try {
    return readDaemonAddress(dataDir);
  } catch {
    return null;
  }
};
