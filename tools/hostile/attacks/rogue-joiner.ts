import { createHash } from 'node:crypto';
import { brandAs, type EndpointId, LINK_ALPN, PAIR_ALPN, RENDEZVOUS_ALPN } from '@bowline/contracts';
import { derivePairingKeys } from '@bowline/pairing-code';
import { joinerHandshake, rendezvousJoiner } from '@bowline/pairing-protocol';
import type { Attack, Scene } from '../attack.ts';
import { crowd, demandEnd, inParallel } from './assault.ts';

const CARD = { name: 'mallory', platform: 'linux' };
const NONCE = new Uint8Array(32).fill(3);
const ENTROPY_BYTES = 16;
const WIDTH = 4;
const GUESSES = { short: 20, full: 400 };

/** Codes worth trying for somebody who knows all that is broadcast; then any. */
const guessesOf = ({ tag, targets, scale }: Scene): readonly Uint8Array[] => {
  const known = [Buffer.alloc(ENTROPY_BYTES), Buffer.alloc(ENTROPY_BYTES, 0xff), Buffer.from(tag, 'hex')];
  const seen = [tag, targets.initiator.endpointId, targets.rendezvous?.endpointId ?? ''];
  const derived = seen.flatMap((text) => [
    createHash('sha256').update(text).digest(),
    createHash('sha256').update(Buffer.from(text, 'hex')).digest(),
    Buffer.from(text.padEnd(2 * ENTROPY_BYTES, '0'), 'hex'),
  ]);
  const any = Array.from({ length: GUESSES[scale] }, (_, index) =>
    createHash('sha256').update(`guess ${index}`).digest(),
  );
  return [...known, ...derived, ...any].slice(0, GUESSES[scale]).map((bytes) => bytes.subarray(0, ENTROPY_BYTES));
};

const knock = async (scene: Scene): Promise<void> => {
  const lanes = Array.from({ length: WIDTH }, () => crowd(scene));
  await inParallel(guessesOf(scene), WIDTH, async (entropy, lane) => {
    const mallory = await lanes[lane]?.();
    const connection = await mallory?.dial(scene.targets.initiator, PAIR_ALPN);
    if (mallory === undefined || connection === null || connection === undefined) return scene.breach('no answer');
    const ends = {
      initiator: brandAs<EndpointId>(scene.targets.initiator.endpointId),
      joiner: brandAs<EndpointId>(mallory.endpointId),
    };
    const { hello } = joinerHandshake({ keys: derivePairingKeys(entropy), ends, card: CARD, nonce: NONCE });
    await connection.send(hello);
    await demandEnd(scene, connection, 'a guessed code', ['code-unknown']);
  });
};

/** Whoever runs the relay knows the rendezvous endpoint, and can dial it. */
const knockAtRendezvous = async (scene: Scene): Promise<void> => {
  const { rendezvous } = scene.targets;
  if (rendezvous?.relayUrl === undefined) return;
  const lane = crowd(scene, { relayUrl: rendezvous.relayUrl });
  for (const entropy of guessesOf(scene).slice(0, 5)) {
    const mallory = await lane();
    const connection = await mallory.dial(rendezvous, RENDEZVOUS_ALPN);
    if (connection === null) return scene.breach('the rendezvous did not answer');
    const ends = {
      rendezvous: brandAs<EndpointId>(rendezvous.endpointId),
      joiner: brandAs<EndpointId>(mallory.endpointId),
    };
    const { ask } = rendezvousJoiner(derivePairingKeys(entropy).rendezvousProofKey, ends, NONCE);
    await connection.send(ask);
    await demandEnd(scene, connection, 'a guess at the rendezvous', ['proof-mismatch']);
  }
};

const knockAtOtherDoors = async (scene: Scene): Promise<void> => {
  const mallory = await scene.stranger();
  const link = await mallory.dial(scene.targets.initiator, LINK_ALPN);
  if (link === null) return scene.breach('the link protocol did not answer');
  await demandEnd(scene, link, 'the link protocol', ['not-paired']);
  for (const alpn of ['bowline/pair/2', 'bowline/rendezvous/1', 'h3', '']) {
    const connection = await mallory.dial(scene.targets.initiator, alpn);
    if (connection !== null) scene.breach(`protocol "${alpn}" was answered`);
    scene.tally('no such protocol');
  }
};

/** Comes to the initiator with guessed codes, by every protocol. */
export const rogueJoiner: Attack = {
  name: 'rogue joiner',
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 20_000, full: 120_000 },
  run: async (scene) => {
    await knock(scene);
    await knockAtRendezvous(scene);
    await knockAtOtherDoors(scene);
    return 'code is open';
  },
};
