import { errorMessage, type Logger } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';

/**
 * Sends a frame without waiting for it: frames leave in the order they were said. What kept one from leaving is the end
 * of its connection, and that is told beside it.
 */
export const say = (connection: PeerConnection, frame: Uint8Array, logger: Logger): void => {
  connection.send(frame).catch((error: unknown) => {
    logger.debug({ error: errorMessage(error) }, 'frame not sent');
  });
};
