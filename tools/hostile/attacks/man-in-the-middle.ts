import { encodeFrame } from '@bowline/wire-format';
import type { Attack, Scene } from '../attack.ts';
import type { RawConnection } from '../raw/raw-connection.ts';
import type { RawEndpoint } from '../raw/raw-endpoint.ts';
import { inTime, pause } from './assault.ts';

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

/** Sends everybody's own words back. */
const reflect: Manner = async (joiner, initiator) => {
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

/** Says the joiner's words twice, over two connections to the initiator. */
const double: Manner = async (joiner, initiator) => {
  const hello = await joiner.nextFrame(FRAME_MS);
  if (hello === null) return;
  await initiator.send(hello);
  await initiator.send(hello);
  await initiator.ended;
  joiner.close('busy');
};

const MANNERS: readonly Manner[] = [pass, reflect, standIn, double];

const standBetween = (scene: Scene, mallory: RawEndpoint, note: () => number): void => {
  mallory.onConnection((joiner, alpn) => {
    const manner = MANNERS[note() % MANNERS.length] ?? pass;
    const meet = async (): Promise<void> => {
      // The initiator sees an endpoint that it has not seen before, each time.
      const face = await scene.stranger();
      const initiator = await face.dial(scene.targets.initiator, alpn);
      if (initiator === null) return joiner.close('busy');
      await manner(joiner, initiator);
      initiator.close('done');
      joiner.close('done');
    };
    meet().catch(() => joiner.close('done'));
  });
};

const VISITS = 8;
const JOIN_MS = 20_000;

/** Sits between two honest devices that do not see each other, with endpoint ids of its own. */
export const manInTheMiddle: Attack = {
  name: 'man in the middle',
  initiator: 'silent',
  policy: 'accept',
  limitMs: { short: 20_000, full: 40_000 },
  run: async (scene) => {
    const { joiner, offer, breach, scale, signal, tally } = scene;
    let visits = 0;
    const note = (): number => {
      tally('connections piped');
      visits += 1;
      return visits - 1;
    };
    const withdrawals: (() => Promise<void>)[] = [];
    for (let face = 0; face < 3; face += 1) {
      const mallory = await scene.stranger();
      standBetween(scene, mallory, note);
      const { endpointId, port } = mallory;
      withdrawals.push(await scene.air.advertise({ tag: scene.tag, endpointId, port }));
    }
    const sessionId = await joiner.call('join', offer.words, 'accept');
    const ended = joiner.call('ended', sessionId);
    while (scale === 'short' && visits < VISITS && !signal.aborted) await pause(100);
    if (scale === 'short') await joiner.call('cancel', sessionId);
    const end = await inTime(ended, JOIN_MS);
    if (end?.kind !== 'failed') breach(`the joiner ended as ${end?.kind ?? 'nothing'}`);
    else tally(end.code);
    if (visits < MANNERS.length) breach('too few connections came to attack anything');
    for (const withdraw of withdrawals) await withdraw();
    return 'code is open';
  },
};
