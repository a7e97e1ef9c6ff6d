import { RENDEZVOUS_ALPN } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { answerRendezvous, type RendezvousAnswer } from '@bowline/pairing-protocol';
import { acceptor } from './acceptor.ts';
import type { SessionComponents } from './components.ts';
import { closeWithFrame } from './graceful-close.ts';
import type { HandshakeLimiter, ReleasePlace } from './handshake-limiter.ts';
import type { OfferedCode } from './initiator-role.ts';
import type { ShownCodes } from './shown-codes.ts';

/**
 * Answers at the rendezvous endpoints of all codes: tells a holder of the code where this device is, or why the code
 * does not work any more. Returns what ends it.
 */
export const rendezvousAcceptor = (
  components: SessionComponents,
  limiter: HandshakeLimiter,
  book: ShownCodes<OfferedCode>,
): (() => void) => {
  const { options, self } = components;
  const logger = components.logger.child({ alpn: RENDEZVOUS_ALPN });

  const answer = async (connection: PeerConnection, releasePlace: ReleasePlace): Promise<void> => {
    const { localEndpointId: rendezvous, remoteEndpointId: joiner } = connection.info;
    const code = book.findByRendezvous(rendezvous);
    const identity = self.current();
    if (code === undefined || identity === null) return connection.close('code-unknown', '');
    const ask = await connection.nextFrame({ timeoutMs: options.frameMs });
    const refusal = code.refusalFor(joiner);
    // Who missed our last message only hears so from the endpoint it is paired with.
    const reason = refusal === 'completed' ? null : refusal;
    const { endpointId, relayUrls, directAddresses } = identity;
    const reply: RendezvousAnswer =
      reason === null
        ? { kind: 'address', address: { endpointId, relayUrls, directAddresses } }
        : { kind: 'refusal', reason };
    const frame = answerRendezvous(code.keys.rendezvousProofKey, { rendezvous, joiner }, ask, reply);
    // Who holds a code that has ended keeps its place while it is told so: it may come for ever.
    if (reason === null) releasePlace('proven');
    await closeWithFrame(connection, frame, 'done', { ...components, logger });
  };

  return acceptor(components, RENDEZVOUS_ALPN, limiter, answer);
};
