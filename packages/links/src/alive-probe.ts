import { type Clock, errorMessage, type Logger } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { decodeLinkFrame, encodeLinkFrame } from '@bowline/link-protocol';
import type { LinkSession } from './link-session.ts';

/** How long whoever was on the other side has to answer, milliseconds: longer than a heartbeat waits on most lines. */
const ANSWER_MS = 2_000;

/** Beyond what a heartbeat uses, so that an answer to an earlier ping is not taken for one. */
const MAX_NONCE = 2 ** 32 - 1;

/**
 * Asks on a connection that a newer one has displaced whether there is still somebody, and closes it then. Only a run that
 * is alive answers; what was on its way before it died does not hold the nonce.
 */
export const isStillAlive = async (
  connection: PeerConnection,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<boolean> => {
  const answer = Promise.withResolvers<boolean>();
  const cancelFrames = connection.onFrame((bytes) => {
    try {
      const frame = decodeLinkFrame(bytes);
      if (frame.kind === 'pong' && frame.nonce === MAX_NONCE) answer.resolve(true);
    } catch (error) {
      logger.debug({ error: errorMessage(error) }, 'displaced connection says what cannot be read');
      answer.resolve(false);
    }
  });
  const cancelTimer = clock.setTimer(ANSWER_MS, () => answer.resolve(false));
  void connection.closed.then(() => answer.resolve(false));
  connection.send(encodeLinkFrame({ kind: 'ping', nonce: MAX_NONCE })).catch(() => answer.resolve(false));
  const isAlive = await answer.promise;
  cancelFrames();
  cancelTimer();
  return isAlive;
};

/** Whether the other side of a link answers a ping at this moment. */
export const answersNow = async ({ ping }: Pick<LinkSession, 'ping'>, clock: Clock): Promise<boolean> => {
  const giveUp = new AbortController();
  const cancel = clock.setTimer(ANSWER_MS, () => giveUp.abort());
  try {
    await ping(giveUp.signal);
    return true;
  } catch {
    // It ended, or did not answer in time.
    return false;
  } finally {
    cancel();
  }
};
