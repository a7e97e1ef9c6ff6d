import type { PairingIdentity } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { PairingKeys } from '@bowline/pairing-code';
import { type JoinerStep, joinerHandshake, PROOF_BYTES } from '@bowline/pairing-protocol';
import type { PairingContext } from './components.ts';

/** How the joiner's handshake on one connection ended. */
export type Introduction = Extract<JoinerStep, { kind: 'finished' } | { kind: 'refused' }>;

/**
 * Runs the joiner's side of the handshake. `finish` is sent when it resolves with `finished`.
 *
 * @param onProven called when the other side has proven the code and the rest is only a matter of time.
 * @throws PairingProtocolError, or what the connection rejects with.
 */
export const introduce = async (
  { options, random }: Pick<PairingContext, 'options' | 'random'>,
  connection: PeerConnection,
  keys: PairingKeys,
  { card }: PairingIdentity,
  onProven: () => void,
): Promise<Introduction> => {
  const { localEndpointId: joiner, remoteEndpointId: initiator } = connection.info;
  const nonce = random.bytes(PROOF_BYTES);
  const handshake = joinerHandshake({ keys, ends: { initiator, joiner }, card, nonce });
  await connection.send(handshake.hello);
  for (;;) {
    const step = handshake.receive(await connection.nextFrame({ timeoutMs: options.frameMs }));
    if (step.kind === 'answer') {
      onProven();
      await connection.send(step.frame);
      continue;
    }
    if (step.kind === 'finished') await connection.send(step.finish);
    return step;
  }
};
