import { type Clock, type CloseName, errorMessage, type Logger } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';

/** A close overtakes frames on their way, so the other side gets this long to read the last one and close itself. */
const LAST_FRAME_MS = 2_000;

/**
 * How long the connection of a pairing stays when all is said, milliseconds. The two link next, on the path that was found here:
 * iroh forgets it with their last connection, and looks for one again only 5 s after it last did. A dial takes a tenth of it.
 */
const HANDOVER_MS = 1_000;

/** Closes as whoever has all it came for, once a link has had the time to take the path over. */
export const closeAfterHandover = (connection: PeerConnection, clock: Clock): void => {
  // `close` never rejects.
  clock.setTimer(HANDOVER_MS, () => void connection.close('done', ''), { unref: true });
};

/** Sends a last frame, lets the other side close, and closes otherwise. Never rejects. */
export const closeWithFrame = async (
  connection: PeerConnection,
  frame: Uint8Array,
  closeName: CloseName,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> => {
  try {
    await connection.send(frame);
  } catch (error) {
    logger.debug({ error: errorMessage(error) }, 'last frame not sent');
  }
  await closeAfterPeer(connection, closeName, clock);
};

/** Waits for the other side to close, at most {@link LAST_FRAME_MS}, then closes. Never rejects. */
export const closeAfterPeer = async (connection: PeerConnection, closeName: CloseName, clock: Clock): Promise<void> => {
  const waited = Promise.withResolvers<void>();
  const cancel = clock.setTimer(LAST_FRAME_MS, waited.resolve);
  await Promise.race([connection.closed, waited.promise]);
  cancel();
  await connection.close(closeName, '');
};
