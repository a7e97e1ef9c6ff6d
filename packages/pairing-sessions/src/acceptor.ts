import { type Cancel, errorCode, errorMessage } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { closeNameAfter } from './close-reasons.ts';
import type { SessionComponents } from './components.ts';
import type { HandshakeLimiter, ReleasePlace } from './handshake-limiter.ts';

/**
 * Accepts the connections of one protocol for which the limiter has a place, and answers each of them.
 *
 * @param answer says what is to be said; it may give the place back before it is done
 * @returns what ends it
 */
export const acceptor = (
  { connections, logger }: Pick<SessionComponents, 'connections' | 'logger'>,
  alpn: string,
  limiter: HandshakeLimiter,
  answer: (connection: PeerConnection, releasePlace: ReleasePlace) => Promise<void>,
): Cancel =>
  connections.onAccepted(alpn, (connection) => {
    const releasePlace = limiter.admit(connection);
    if (releasePlace === null) {
      void connection.close('busy', '');
      return;
    }
    answer(connection, releasePlace)
      .catch((error: unknown) => {
        logger.debug({ alpn, error: errorMessage(error), code: errorCode(error) }, 'handshake ended');
        return connection.close(closeNameAfter(error), '');
      })
      .finally(() => releasePlace());
  });
