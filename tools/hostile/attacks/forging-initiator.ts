import type { Attack, Scene } from '../attack.ts';
import {
  type Forgery,
  forgedLinkFrames,
  forgedPairFrames,
  forgedRendezvousFrames,
  malformedBytes,
} from '../raw/forged-bytes.ts';
import { inTime, pause } from './assault.ts';

const FACES = 3;
const HELLO_MS = 10_000;
const JOIN_MS = 20_000;

/** Enough for the short form; the full form goes on until everything was said. */
const SHORT_ANSWERS = 15;

const ANSWERS: readonly Forgery[] = [
  ...forgedPairFrames,
  ...malformedBytes,
  ...forgedRendezvousFrames,
  ...forgedLinkFrames,
];

/** Answers every joiner that comes with the next forgery. Returns what ends it. */
const answerAll = async (scene: Scene, take: () => Forgery | undefined): Promise<() => Promise<void>> => {
  const withdrawals: (() => Promise<void>)[] = [];
  for (let face = 0; face < FACES; face += 1) {
    const mallory = await scene.stranger();
    mallory.onConnection((connection) => {
      const answer = async (): Promise<void> => {
        await connection.nextFrame(HELLO_MS);
        const [name, bytes] = take() ?? ['nothing', new Uint8Array(0)];
        await connection.write(bytes);
        const reply = await connection.nextFrame(HELLO_MS);
        if (reply !== null) scene.breach(`the joiner answered ${name}`);
        scene.tally(await connection.ended);
      };
      answer().catch(() => connection.close('done'));
    });
    const { endpointId, port } = mallory;
    withdrawals.push(await scene.air.advertise({ tag: scene.tag, endpointId, port }));
  }
  return async () => {
    for (const withdraw of withdrawals) await withdraw();
  };
};

/** Answers a joiner's hello with everything there is, from several endpoints that show the code's tag. */
export const forgingInitiator: Attack = {
  name: 'forger in the initiator’s place',
  initiator: 'silent',
  policy: 'accept',
  limitMs: { short: 20_000, full: 120_000 },
  run: async (scene) => {
    const { joiner, offer, breach, signal, scale } = scene;
    const left = [...ANSWERS.entries()]
      .filter(([index]) => scale === 'full' || index % 4 === 0)
      .map(([, each]) => each);
    const wanted = scale === 'full' ? 0 : Math.max(0, left.length - SHORT_ANSWERS);
    const end = await answerAll(scene, () => left.shift());
    while (left.length > wanted && !signal.aborted) {
      const sessionId = await joiner.call('join', offer.words, 'accept');
      const ended = joiner.call('ended', sessionId);
      while (left.length > wanted && (await inTime(ended, 0)) === null && !signal.aborted) await pause(100);
      await joiner.call('cancel', sessionId);
      const result = await inTime(ended, JOIN_MS);
      if (result?.kind !== 'failed') breach(`the joiner ended as ${result?.kind ?? 'nothing'}`);
    }
    if (left.length > wanted) scene.tally(`${left.length - wanted} forgeries left over`);
    await end();
    return 'code is open';
  },
};
