import type { Logger, PeerLocation } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { acceptFrame, agreement, confirmFrame, PairingProtocolError } from '@bowline/pairing-protocol';
import type { PairingFailure } from '@bowline/pairing-state-machine';
import { leftReasonOf } from './close-reasons.ts';
import { say } from './say.ts';

/** What the other side says after the handshake. */
export interface ConversationListener {
  accepted(): void;
  confirmed(location: PeerLocation): void;
  /** It ended the connection and said why. */
  left(failure: PairingFailure): void;
  /** The connection is gone without a reason. */
  lost(): void;
}

/** One proven connection: tells what the other side says, until it ends. */
export interface Conversation {
  readonly connection: PeerConnection;
  /** Answers the proof on this connection; does nothing on a side that has none to answer. */
  sendWelcome(): void;
  /** Begins to listen; what came before is heard first. Calling it again does nothing. */
  listen(): void;
  sendAccept(): void;
  sendConfirm(location: PeerLocation): void;
  /** Stops listening without ending the connection. */
  leave(): void;
}

/** What a side brings to its conversation. */
interface ConversationSide {
  /** The initiator may be confirmed once it accepted, the joiner once it confirmed itself. */
  readonly role: 'initiator' | 'joiner';
  /** The frame that answers the joiner's proof. */
  readonly welcome?: Uint8Array;
  /** This side's `accept` is on its way already. */
  readonly hasAccepted?: boolean;
}

export const conversation = (
  connection: PeerConnection,
  { role, welcome, hasAccepted = false }: ConversationSide,
  listener: ConversationListener,
  logger: Logger,
): Conversation => {
  const heard = agreement();
  let stopFrames: (() => void) | null = null;
  let isOver = false;

  const leave = (): void => {
    isOver = true;
    stopFrames?.();
  };

  const receive = (frame: Uint8Array): void => {
    try {
      const step = heard.receive(frame);
      if (step.kind === 'accepted') listener.accepted();
      else listener.confirmed(step.location);
    } catch (error) {
      if (!(error instanceof PairingProtocolError)) throw error;
      leave();
      logger.warn({ what: error.data.what }, 'proven peer broke the pairing protocol');
      void connection.close(error.closeName, '');
      listener.lost();
    }
  };

  return {
    connection,
    sendWelcome: () => {
      if (welcome !== undefined) say(connection, welcome, logger);
    },
    listen: () => {
      if (stopFrames !== null || isOver) return;
      stopFrames = connection.onFrame(receive);
      void connection.closed.then((close) => {
        if (isOver) return;
        leave();
        const failure = leftReasonOf(close);
        if (failure === null) listener.lost();
        else listener.left(failure);
      });
    },
    sendAccept: () => {
      if (role === 'initiator') heard.allowConfirm();
      if (!hasAccepted) say(connection, acceptFrame(), logger);
    },
    sendConfirm: (location) => {
      if (role === 'joiner') heard.allowConfirm();
      say(connection, confirmFrame(location), logger);
    },
    leave,
  };
};
