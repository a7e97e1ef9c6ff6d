import { LINK_ALPN, PAIR_ALPN, RENDEZVOUS_ALPN } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import type { Attack, Scene } from '../attack.ts';
import {
  type Forgery,
  forgedLinkFrames,
  forgedPairFrames,
  forgedRendezvousFrames,
  malformedBytes,
  mutatedFrames,
} from '../raw/forged-bytes.ts';
import type { RawConnection } from '../raw/raw-connection.ts';
import { demandEnd, forgeAll, inTime, untilAsked } from './assault.ts';

const BYTES = new Uint8Array(32).fill(7);
const MUTATIONS = { short: 6, full: 300 };

const pairForgeries = (scene: Scene): readonly Forgery[] => [
  ...forgedPairFrames,
  ...forgedRendezvousFrames,
  ...forgedLinkFrames.slice(0, 2),
  ...malformedBytes.filter(isComplete),
  ...mutatedFrames(
    encodeFrame({ type: 'hello', versions: [1], commitment: BYTES, tag: BYTES }),
    MUTATIONS[scene.scale],
  ).filter(isComplete),
];

/** Whether an honest reader gets to an end of it by itself; who waits for more is the slow sender's affair. */
const isComplete = ([, bytes]: Forgery): boolean => {
  if (bytes.length < 4) return false;
  const announced = Buffer.from(bytes).readUInt32BE(0);
  return announced <= bytes.length - 4 || announced > 16_384;
};

const everyThird = (scene: Scene, forgeries: readonly Forgery[]): readonly Forgery[] =>
  scene.scale === 'full' ? forgeries : forgeries.filter((_, index) => index % 3 === 0);

const UNPROVEN_ENDS = ['code-unknown', 'protocol-error', 'frame-too-large', 'version-unsupported'] as const;
const RENDEZVOUS_ENDS = ['proof-mismatch', 'protocol-error', 'frame-too-large', 'version-unsupported'] as const;

const forgePairing = (scene: Scene, forgeries: readonly Forgery[]): Promise<void> =>
  forgeAll(scene, scene.targets.initiator, PAIR_ALPN, forgeries, UNPROVEN_ENDS);

/** What is wrong with a connection beyond its frames. */
const STREAM_TRICKS: readonly (readonly [string, (connection: RawConnection) => Promise<unknown>])[] = [
  [
    'a second stream',
    async ({ native, write }) => {
      await write(new Uint8Array(2));
      const { send } = await native.openBi();
      await send.writeAll([0]);
    },
  ],
  ['a stream in one direction', async ({ native }) => (await native.openUni()).writeAll([0, 0, 0, 0])],
  [
    'a stream that ends at once',
    async ({ native }) => {
      const { send } = await native.openBi();
      await send.writeAll([0, 0]);
      await send.finish();
    },
  ],
  [
    'a stream that is reset',
    async ({ native }) => {
      const { send } = await native.openBi();
      await send.writeAll([0, 0]);
      await send.reset(7n);
    },
  ],
];

const playTricks = async (scene: Scene): Promise<void> => {
  for (const [name, play] of STREAM_TRICKS) {
    const mallory = await scene.stranger();
    const connection = await mallory.dial(scene.targets.initiator, PAIR_ALPN);
    if (connection === null) return scene.breach(`nobody answered before ${name}`);
    await play(connection);
    await demandEnd(scene, connection, name, ['protocol-error']);
  }
};

/** Says everything there is by every protocol of both devices, while a code is open. */
export const forgerWhileOffering: Attack = {
  name: 'forger, a code is open',
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 60_000, full: 180_000 },
  run: async (scene) => {
    const { targets } = scene;
    await forgePairing(scene, pairForgeries(scene));
    await forgeAll(scene, targets.joiner, PAIR_ALPN, everyThird(scene, pairForgeries(scene)), UNPROVEN_ENDS);
    const linkForgeries = [...forgedLinkFrames, ...everyThird(scene, malformedBytes)];
    await forgeAll(scene, targets.initiator, LINK_ALPN, linkForgeries, ['not-paired']);
    await forgeAll(scene, targets.joiner, LINK_ALPN, everyThird(scene, linkForgeries), ['not-paired']);
    if (targets.rendezvous !== null) {
      const forgeries = [...forgedRendezvousFrames, ...everyThird(scene, [...forgedPairFrames, ...malformedBytes])];
      await forgeAll(scene, targets.rendezvous, RENDEZVOUS_ALPN, forgeries.filter(isComplete), RENDEZVOUS_ENDS);
    }
    await playTricks(scene);
    return 'code is open';
  },
};

const PAIR_MS = 10_000;

/** Says everything while a person is being asked, once the code is used, and when there is none. */
export const forgerInLaterStates: Attack = {
  name: 'forger, a pairing is under way, is over, was cancelled',
  initiator: 'announced',
  policy: 'ask',
  limitMs: { short: 60_000, full: 180_000 },
  run: async (scene) => {
    const { initiator, joiner, offer, breach } = scene;
    const sessionId = await joiner.call('join', offer.words, 'accept');
    const ended = joiner.call('ended', sessionId);
    await untilAsked(scene, offer);
    await forgePairing(scene, everyThird(scene, pairForgeries(scene)));
    if ((await initiator.call('devices')).length > 0) breach('somebody is stored before the person decided');
    await initiator.call('decide', offer.sessionId, true);
    const end = await inTime(ended, PAIR_MS);
    if (end?.kind !== 'paired') breach(`the pairing in progress was disturbed: ${end?.code ?? 'no end'}`);
    await forgePairing(scene, everyThird(scene, pairForgeries(scene)));
    const next = await scene.offerAgain('accept');
    await initiator.call('cancel', next.sessionId);
    await forgePairing(scene, everyThird(scene, forgedPairFrames));
    return 'code is spent';
  },
};
