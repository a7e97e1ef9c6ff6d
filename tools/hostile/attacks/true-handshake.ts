import { brandAs, type EndpointId, PAIR_ALPN } from '@bowline/contracts';
import { derivePairingKeys, type PairingKeys, parseCode } from '@bowline/pairing-code';
import { joinerHandshake } from '@bowline/pairing-protocol';
import type { Offer, Scene } from '../attack.ts';
import type { Ledger } from '../raw/ledger.ts';

export const CARD = { name: 'mallory', platform: 'linux' };
export const NONCE = new Uint8Array(32).fill(4);
export const FRAME_MS = 10_000;

export const keysOf = ({ words }: Offer): PairingKeys => derivePairingKeys(parseCode(words).entropy);

/** A connection on which the initiator has answered a true hello. */
export const challenged = async (scene: Scene, offer: Offer, insiders: Ledger) => {
  const mallory = await scene.stranger({ ledger: insiders });
  const connection = await mallory.dial(scene.targets.initiator, PAIR_ALPN);
  if (connection === null) throw new Error('the initiator did not answer');
  const ends = {
    initiator: brandAs<EndpointId>(scene.targets.initiator.endpointId),
    joiner: brandAs<EndpointId>(mallory.endpointId),
  };
  const handshake = joinerHandshake({ keys: keysOf(offer), ends, card: CARD, nonce: NONCE });
  await connection.send(handshake.hello);
  const challenge = await connection.nextFrame(FRAME_MS);
  if (challenge === null) throw new Error(`no challenge: ${await connection.ended}`);
  return { mallory, connection, handshake, challenge };
};

/** A connection on which everything is proven but for the joiner's last frame, which comes along. */
export const welcomed = async (scene: Scene, offer: Offer, insiders: Ledger) => {
  const { mallory, connection, handshake, challenge } = await challenged(scene, offer, insiders);
  const proof = handshake.receive(challenge);
  if (proof.kind !== 'answer') throw new Error('no challenge');
  await connection.send(proof.frame);
  const welcome = await connection.nextFrame(FRAME_MS);
  const step = welcome === null ? null : handshake.receive(welcome);
  if (step?.kind !== 'finished') throw new Error(`no welcome: ${step?.kind ?? (await connection.ended)}`);
  return { mallory, connection, finish: step.finish };
};
