import { PAIR_ALPN } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import {
  type InitiatorHandshake,
  type InitiatorStep,
  initiatorHandshake,
  type PairEnds,
  PairingProtocolError,
  type PairRefusalReason,
  PROOF_BYTES,
  type ReadHello,
  readHello,
  refusalFrame,
} from '@bowline/pairing-protocol';
import { acceptor } from './acceptor.ts';
import type { SessionComponents } from './components.ts';
import { closeWithFrame } from './graceful-close.ts';
import type { HandshakeLimiter, ReleasePlace } from './handshake-limiter.ts';
import type { OfferedCode } from './initiator-role.ts';
import { say } from './say.ts';
import type { ShownCode, ShownCodes } from './shown-codes.ts';

/**
 * Answers everybody who comes for `bowline/pair/1`: finds the code a stranger holds, proves it, has the stranger
 * prove it, and hands the connection to the code's session. Returns what ends it.
 */
export const pairAcceptor = (
  components: SessionComponents,
  limiter: HandshakeLimiter,
  book: ShownCodes<OfferedCode>,
): (() => void) => {
  const { options, random, self } = components;
  const logger = components.logger.child({ alpn: PAIR_ALPN });
  const nextFrame = (connection: PeerConnection): Promise<Uint8Array> =>
    connection.nextFrame({ timeoutMs: options.frameMs });

  const refuse = async (
    connection: PeerConnection,
    code: ShownCode,
    ends: PairEnds,
    hello: ReadHello,
    reason: PairRefusalReason,
  ): Promise<void> => {
    logger.info({ sessionId: code.keys.sessionId, reason }, 'joiner refused');
    const frame = refusalFrame(code.keys.proofKey, ends, hello, reason);
    await closeWithFrame(connection, frame, reason === 'completed' ? 'done' : reason, { ...components, logger });
  };

  const prove = async (
    connection: PeerConnection,
    session: OfferedCode,
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
    session: OfferedCode,
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

  const answer = async (connection: PeerConnection, releasePlace: ReleasePlace): Promise<void> => {
    const { localEndpointId, remoteEndpointId } = connection.info;
    const identity = self.current();
    const ends: PairEnds = { initiator: localEndpointId, joiner: remoteEndpointId };
    const hello = readHello(await nextFrame(connection));
    const found = identity?.endpointId === localEndpointId ? book.find(ends, hello) : undefined;
    if (identity === null || found === undefined) return connection.close('code-unknown', '');
    const { code, open } = found;
    const early = code.refusalFor(remoteEndpointId);
    // Who is refused keeps its place meanwhile: a code that has ended must not admit more than none.
    if (open === null || early !== null) return refuse(connection, code, ends, hello, early ?? 'code-used');
    if (!open.beginHandshake()) return refuse(connection, code, ends, hello, 'code-burnt');
    // The hello's tag proves a code that is open for this very connection: this is no stranger any more.
    releasePlace();
    const nonce = random.bytes(PROOF_BYTES);
    const handshake = initiatorHandshake({ keys: code.keys, ends, hello, card: identity.card, nonce });
    const step = await prove(connection, open, handshake);
    if (step.kind !== 'proven') return;
    const refusal = open.claim(connection, step.welcome);
    if (refusal === 'busy') return connection.close('busy', '');
    if (refusal !== null) return refuse(connection, code, ends, hello, refusal);
    releasePlace('proven');
    await finish(connection, open, handshake, step);
  };

  return acceptor(components, PAIR_ALPN, limiter, answer);
};
