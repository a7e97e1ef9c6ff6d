import { type CloseName, errorCode, errorMessage, PAIR_ALPN } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import {
  type InitiatorHandshake,
  type InitiatorStep,
  initiatorHandshake,
  type PairEnds,
  PairingProtocolError,
  PROOF_BYTES,
  type ReadHello,
  type RefusalReason,
  readHello,
  refusalFrame,
} from '@bowline/pairing-protocol';
import type { CodeBook, ShownCode } from './code-book.ts';
import type { PairingContext } from './components.ts';
import type { InitiatorSession } from './initiator-session.ts';
import { say } from './say.ts';
import { turnAway } from './turn-away.ts';
import type { LeaveGate, UnprovenGate } from './unproven-gate.ts';

/** The name a connection is closed with after something went wrong on it. */
export const closeNameOf = (error: unknown): CloseName => {
  if (error instanceof PairingProtocolError) return error.closeName;
  return errorCode(error) === 'FRAME_TIMED_OUT' ? 'timed-out' : 'protocol-error';
};

/**
 * Answers everybody who comes for `bowline/pair/1`: finds the code a stranger holds, proves it, has the stranger
 * prove it, and hands the connection to the code's session. Returns what ends it.
 */
export const pairDoor = (
  context: PairingContext,
  gate: UnprovenGate,
  book: CodeBook<InitiatorSession>,
): (() => void) => {
  const { connections, options, random, self } = context;
  const logger = context.logger.child({ alpn: PAIR_ALPN });
  const nextFrame = (connection: PeerConnection): Promise<Uint8Array> =>
    connection.nextFrame({ timeoutMs: options.frameMs });

  const refuse = async (
    connection: PeerConnection,
    code: ShownCode,
    ends: PairEnds,
    hello: ReadHello,
    reason: RefusalReason,
  ): Promise<void> => {
    logger.info({ sessionId: code.keys.sessionId, reason }, 'joiner turned away');
    const frame = refusalFrame(code.keys.proofKey, ends, hello, reason);
    await turnAway(connection, frame, reason === 'completed' ? 'done' : reason, { ...context, logger });
  };

  const prove = async (
    connection: PeerConnection,
    session: InitiatorSession,
    handshake: InitiatorHandshake,
  ): Promise<InitiatorStep> => {
    say(connection, handshake.challenge, logger);
    const frame = await nextFrame(connection);
    try {
      return handshake.receive(frame);
    } catch (error) {
      if (error instanceof PairingProtocolError && error.closeName === 'proof-mismatch') session.noteWrongProof();
      throw error;
    }
  };

  const finish = async (
    connection: PeerConnection,
    session: InitiatorSession,
    handshake: InitiatorHandshake,
    step: Extract<InitiatorStep, { kind: 'proven' }>,
  ): Promise<void> => {
    try {
      handshake.receive(await nextFrame(connection));
    } catch (error) {
      session.lose(connection);
      throw error;
    }
    session.adopt(connection, step.joiner, step.authenticationString);
  };

  const meet = async (connection: PeerConnection, leaveGate: LeaveGate): Promise<void> => {
    const { localEndpointId, remoteEndpointId } = connection.info;
    const identity = self.current();
    const ends: PairEnds = { initiator: localEndpointId, joiner: remoteEndpointId };
    const hello = readHello(await nextFrame(connection));
    const found = identity?.endpointId === localEndpointId ? book.find(ends, hello) : undefined;
    if (identity === null || found === undefined) return connection.close('code-unknown', '');
    // The hello's tag proves the code for this very connection: this is no stranger any more.
    leaveGate('proven');
    const { code, open } = found;
    const early = code.refusalFor(remoteEndpointId);
    if (open === null || early !== null) return refuse(connection, code, ends, hello, early ?? 'code-used');
    const nonce = random.bytes(PROOF_BYTES);
    const handshake = initiatorHandshake({ keys: code.keys, ends, hello, card: identity.card, nonce });
    const step = await prove(connection, open, handshake);
    if (step.kind !== 'proven') return;
    const refusal = open.claim(connection, step.welcome);
    if (refusal === 'busy') return connection.close('busy', '');
    if (refusal !== null) return refuse(connection, code, ends, hello, refusal);
    await finish(connection, open, handshake, step);
  };

  return connections.onAccepted(PAIR_ALPN, (connection) => {
    const leaveGate = gate.enter(connection);
    if (leaveGate === null) {
      void connection.close('busy', '');
      return;
    }
    meet(connection, leaveGate)
      .catch((error: unknown) => {
        logger.debug({ error: errorMessage(error), code: errorCode(error) }, 'handshake ended');
        return connection.close(closeNameOf(error), '');
      })
      .finally(() => leaveGate());
  });
};
