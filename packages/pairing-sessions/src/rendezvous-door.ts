import { errorCode, errorMessage, RENDEZVOUS_ALPN } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { answerRendezvous, type RendezvousAnswer } from '@bowline/pairing-protocol';
import type { CodeBook } from './code-book.ts';
import type { PairingContext } from './components.ts';
import type { InitiatorSession } from './initiator-session.ts';
import { closeNameOf } from './pair-door.ts';
import { turnAway } from './turn-away.ts';
import type { LeaveGate, UnprovenGate } from './unproven-gate.ts';

/**
 * Answers at the rendezvous endpoints of all codes: tells a holder of the code where this device is, or why the code
 * does not work any more. Returns what ends it.
 */
export const rendezvousDoor = (
  context: PairingContext,
  gate: UnprovenGate,
  book: CodeBook<InitiatorSession>,
): (() => void) => {
  const { connections, options, self } = context;
  const logger = context.logger.child({ alpn: RENDEZVOUS_ALPN });

  const answer = async (connection: PeerConnection, leaveGate: LeaveGate): Promise<void> => {
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
    if (reason === null) leaveGate('proven');
    await turnAway(connection, frame, 'done', { ...context, logger });
  };

  return connections.onAccepted(RENDEZVOUS_ALPN, (connection) => {
    const leaveGate = gate.enter(connection);
    if (leaveGate === null) {
      void connection.close('busy', '');
      return;
    }
    answer(connection, leaveGate)
      .catch((error: unknown) => {
        logger.debug({ error: errorMessage(error), code: errorCode(error) }, 'rendezvous ended');
        return connection.close(closeNameOf(error), '');
      })
      .finally(() => leaveGate());
  });
};
