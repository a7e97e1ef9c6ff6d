import type { Attack } from '../attack.ts';
import {
  type Forgery,
  forgedLinkFrames,
  forgedPairFrames,
  forgedRendezvousFrames,
  malformedBytes,
} from '../raw/forged-bytes.ts';
import { lure, type Meeting } from './lure.ts';

const FACES = 3;
const FRAME_MS = 10_000;
const SHORT_EVERY = 6;

const ANSWERS: readonly Forgery[] = [
  ...forgedPairFrames,
  ...malformedBytes,
  ...forgedRendezvousFrames,
  ...forgedLinkFrames,
];

/** Answers a joiner's hello with everything there is, from several endpoints that show the code's tag. */
export const forgingInitiator: Attack = {
  name: 'forger in the initiator’s place',
  initiator: 'silent',
  policy: 'accept',
  limitMs: { short: 30_000, full: 180_000 },
  run: async (scene) => {
    const { breach, signal, scale, tally } = scene;
    const left = ANSWERS.filter((_, index) => scale === 'full' || index % SHORT_EVERY === 0);
    const meet: Meeting = async (joiner) => {
      if ((await joiner.nextFrame(FRAME_MS)) === null) return;
      const [name, bytes] = left.shift() ?? ['nothing', new Uint8Array(0)];
      await joiner.write(bytes);
      if ((await joiner.nextFrame(FRAME_MS)) !== null) breach(`the joiner answered ${name}`);
      tally(await joiner.ended);
    };
    while (left.length > 0 && !signal.aborted) {
      if ((await lure(scene, { faces: Math.min(FACES, left.length), meet })) === 0) break;
    }
    if (left.length > 0) breach(`${left.length} forgeries were never said`);
    return 'code is open';
  },
};
