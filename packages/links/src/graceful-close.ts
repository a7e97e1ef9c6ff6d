import { type Clock, errorMessage, type Logger } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { encodeLinkFrame } from '@bowline/link-protocol';

const say = async (connection: PeerConnection, word: 'goodbye' | 'unpaired', logger: Logger): Promise<void> => {
  try {
    await connection.send(encodeLinkFrame({ kind: word }));
    await connection.closed;
  } catch (error) {
    logger.debug({ word, error: errorMessage(error) }, 'last word not sent');
  }
};

/**
 * Says a last word on a connection that nobody else uses any more, and closes it. A close overtakes frames still on
 * their way, so the other side is given `waitMs` to read the word and close first; the close code says the same.
 */
export const closeGracefully = async (
  connection: PeerConnection,
  word: 'goodbye' | 'unpaired',
  { clock, waitMs, logger }: { readonly clock: Clock; readonly waitMs: number; readonly logger: Logger },
): Promise<void> => {
  const timeout = Promise.withResolvers<void>();
  const cancelTimer = clock.setTimer(waitMs, timeout.resolve);
  await Promise.race([say(connection, word, logger), timeout.promise]);
  cancelTimer();
  await connection.close(word === 'goodbye' ? 'shutdown' : 'unpaired', '');
};
