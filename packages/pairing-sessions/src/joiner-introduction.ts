import type { PeerConnection } from '@bowline/endpoint-connections';
import { acceptFrame, type JoinerHandshake, type JoinerStep } from '@bowline/pairing-protocol';
import type { SessionComponents } from './components.ts';
import { say } from './say.ts';

/** How the joiner's handshake on one connection ended. */
export type Introduction = Extract<JoinerStep, { kind: 'finished' } | { kind: 'refused' }>;

/**
 * Runs the joiner's side of the handshake on a connection whose first frame was its `hello`. `finish` is on its way when
 * it resolves with `finished`, and `accept` behind it where this side has agreed.
 *
 * @param hasAgreed whether nobody has to be asked on this side
 * @param mayGoOn asked when the other side has proven the code, before that is answered; the rest is only a matter of time
 * @returns `null` when it must not go on
 * @throws PairingProtocolError, or what the connection rejects with.
 */
export const introduce = async (
  { options, logger }: Pick<SessionComponents, 'options' | 'logger'>,
  connection: PeerConnection,
  handshake: JoinerHandshake,
  hasAgreed: boolean,
  mayGoOn: () => boolean,
): Promise<Introduction | null> => {
  for (;;) {
    const step = handshake.receive(await connection.nextFrame({ timeoutMs: options.frameMs }));
    if (step.kind === 'answer') {
      if (!mayGoOn()) return null;
      say(connection, step.frame, logger);
      continue;
    }
    if (step.kind === 'finished') {
      say(connection, step.finish, logger);
      if (hasAgreed) say(connection, acceptFrame(), logger);
    }
    return step;
  }
};
