import { PAIR_ALPN } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import type { Attack } from '../attack.ts';
import type { RawConnection } from '../raw/raw-connection.ts';
import { lure } from './lure.ts';

const FRAME_MS = 12_000;
const BYTES = new Uint8Array(32).fill(9);

/** How a man in the middle treats one pair of connections. */
type Manner = (joiner: RawConnection, initiator: RawConnection) => Promise<void>;

const pump = async (from: RawConnection, to: RawConnection): Promise<void> => {
  for (let frame = await from.nextFrame(FRAME_MS); frame !== null; frame = await from.nextFrame(FRAME_MS)) {
    await to.send(frame);
  }
};

/** Passes everything on, ends included. */
const pass: Manner = async (joiner, initiator) => {
  void initiator.ended.then(() => joiner.close('code-unknown'));
  void joiner.ended.then(() => initiator.close('done'));
  await Promise.all([pump(joiner, initiator), pump(initiator, joiner)]);
};

/** Sends both sides their own words back. */
const reflect: Manner = async (joiner, initiator) => {
  const hello = await joiner.nextFrame(FRAME_MS);
  if (hello === null) return;
  await Promise.all([joiner.send(hello), initiator.send(hello)]);
  await Promise.all([pump(joiner, joiner), pump(initiator, initiator)]);
};

/** Passes the joiner's words on, and answers it itself when the initiator does not. */
const standIn: Manner = async (joiner, initiator) => {
  const hello = await joiner.nextFrame(FRAME_MS);
  if (hello === null) return;
  await initiator.send(hello);
  const challenge = await initiator.nextFrame(FRAME_MS);
  await joiner.send(challenge ?? encodeFrame({ type: 'challenge', version: 1, nonce: BYTES, proof: BYTES }));
  await joiner.nextFrame(FRAME_MS);
};

/** Says the joiner's words twice, and keeps the joiner waiting meanwhile. */
const double: Manner = async (joiner, initiator) => {
  const hello = await joiner.nextFrame(FRAME_MS);
  if (hello === null) return;
  await initiator.send(hello);
  await initiator.send(hello);
  await initiator.ended;
  joiner.close('busy');
};

const MANNERS: readonly Manner[] = [pass, reflect, standIn, double];
const FACES = 2;
const ROUNDS = { short: 2, full: 12 };

/** Sits between two honest devices that do not see each other, with endpoint ids of its own. */
export const manInTheMiddle: Attack = {
  name: 'man in the middle',
  initiator: 'silent',
  policy: 'accept',
  limitMs: { short: 30_000, full: 120_000 },
  run: async (scene) => {
    let pairs = 0;
    const stand = async (joiner: RawConnection): Promise<void> => {
      const manner = MANNERS[pairs % MANNERS.length] ?? pass;
      pairs += 1;
      // The initiator sees an endpoint that it has not seen before, each time.
      const face = await scene.stranger();
      const initiator = await face.dial(scene.targets.initiator, PAIR_ALPN);
      if (initiator === null) return joiner.close('busy');
      await manner(joiner, initiator);
      initiator.close('done');
      joiner.close('done');
      scene.tally(`initiator: ${await initiator.ended}`);
    };
    for (let round = 0; round < ROUNDS[scene.scale] && !scene.signal.aborted; round += 1) {
      await lure(scene, { faces: FACES, meet: stand, isPatient: scene.scale === 'full' && round === 0 });
    }
    if (pairs < MANNERS.length) scene.breach('too few connections came to attack anything');
    return 'code is open';
  },
};
