import { brandAs, type EndpointId } from '@bowline/contracts';
import { acceptFrame, confirmFrame, initiatorHandshake, readHello } from '@bowline/pairing-protocol';
import { encodeFrame } from '@bowline/wire-format';
import type { Attack, Scene } from '../attack.ts';
import { forgedPairFrames, malformedBytes } from '../raw/forged-bytes.ts';
import { type Ledger, ledger } from '../raw/ledger.ts';
import { framed, type RawConnection } from '../raw/raw-connection.ts';
import { demandEnd, inTime } from './assault.ts';
import { CARD, challenged, FRAME_MS, keysOf, NONCE, welcomed } from './true-handshake.ts';

const WRONG_PROOFS = 3;

/** Handshakes one code is good for, as `docs/protocol/pairing.md` has it: each tells whoever holds the code six digits. */
const HANDSHAKES_PER_CODE = 16;

/** Long enough for what has happened already to be told. */
const LOOK_MS = 300;

/** Forgeries on one code, which leave it open. */
const FORGERIES_PER_CODE = HANDSHAKES_PER_CODE / 2;

const demandNobodyStored = async ({ initiator, joiner, breach }: Scene, when: string): Promise<void> => {
  for (const device of [initiator, joiner]) {
    const { length } = await device.call('devices');
    if (length > 0) breach(`${device.name} stored somebody ${when}`);
  }
};

/** Everything but a proof, where a proof is due. It costs the code one handshake each, and nothing else. */
const forgeProofs = async (scene: Scene, insiders: Ledger): Promise<void> => {
  const forgeries = [...forgedPairFrames, ...malformedBytes.slice(0, 8)].filter(([name]) => !name.startsWith('proof'));
  const chosen = scene.scale === 'full' ? forgeries : forgeries.slice(0, 6);
  for (let from = 0; from < chosen.length; from += FORGERIES_PER_CODE) {
    const offer = await scene.offerAgain('ask');
    for (const [name, bytes] of chosen.slice(from, from + FORGERIES_PER_CODE)) {
      const { connection } = await challenged(scene, offer, insiders);
      await connection.write(bytes);
      await demandEnd(scene, connection, `${name} instead of a proof`, ['protocol-error', 'frame-too-large']);
    }
    await scene.initiator.call('cancel', offer.sessionId);
  }
};

/** Looks at the digits of one handshake after the other, for some it likes. The code is withdrawn before it has a choice. */
const grindDigits = async (scene: Scene, insiders: Ledger): Promise<void> => {
  const offer = await scene.offerAgain('ask');
  for (let count = 0; count < HANDSHAKES_PER_CODE; count += 1) {
    const { connection } = await challenged(scene, offer, insiders);
    connection.close('done');
  }
  const ended = scene.initiator.call('ended', offer.sessionId);
  if ((await inTime(ended, LOOK_MS)) !== null) scene.breach('a code was withdrawn before its last handshake');
  const { handshake, challenge: answer } = await challenged(scene, offer, insiders);
  const step = handshake.receive(answer);
  if (step.kind === 'answer') scene.breach('one more challenge was given than a code is good for');
  else scene.tally('no more digits');
  const end = await inTime(ended, FRAME_MS);
  if (end?.kind !== 'failed' || end.code !== 'CODE_BURNT') scene.breach('looking at digits did not burn the code');
};

/** Wrong proofs burn the code at the third. */
const burn = async (scene: Scene, insiders: Ledger): Promise<void> => {
  const proof = encodeFrame({ type: 'proof', nonce: NONCE, card: CARD, proof: NONCE });
  for (let count = 0; count < WRONG_PROOFS; count += 1) {
    const { connection } = await challenged(scene, scene.offer, insiders);
    await connection.send(proof);
    await demandEnd(scene, connection, 'a wrong proof', ['proof-mismatch']);
  }
  const end = await inTime(scene.initiator.call('ended', scene.offer.sessionId), FRAME_MS);
  if (end?.kind !== 'failed' || end.code !== 'CODE_BURNT') scene.breach('three wrong proofs did not burn the code');
};

/** Says something else than the last frame of the handshake, on a code of its own. All it hears is that the device agrees. */
const forgeFinish = async (scene: Scene, insiders: Ledger): Promise<void> => {
  const forgeries = forgedPairFrames.filter(([name]) => ['finish', 'accept', 'confirm', 'hello'].includes(name));
  for (const [name, bytes] of forgeries) {
    const offer = await scene.offerAgain('accept');
    const { connection } = await welcomed(scene, offer, insiders);
    const agreed = await connection.nextFrame(FRAME_MS);
    if (agreed === null || Buffer.compare(agreed, acceptFrame()) !== 0)
      scene.breach('behind the welcome came no accept');
    await connection.write(bytes);
    await demandEnd(scene, connection, `${name} as the last frame`, ['proof-mismatch', 'protocol-error']);
    await demandNobodyStored(scene, `after ${name} as the last frame`);
    await scene.initiator.call('cancel', offer.sessionId);
  }
};

/** Agrees for everybody before the person on the other side has. */
const agreeAlone = async (scene: Scene, insiders: Ledger): Promise<void> => {
  const agreements = [
    [acceptFrame(), confirmFrame({ relayUrls: [], directAddresses: [] })],
    [confirmFrame({ relayUrls: [], directAddresses: [] })],
    [acceptFrame(), acceptFrame()],
    [new Uint8Array(0)],
  ];
  for (const frames of agreements) {
    const offer = await scene.offerAgain('ask');
    const { connection, finish } = await welcomed(scene, offer, insiders);
    await connection.send(finish);
    await connection.write(Buffer.concat(frames.map(framed)));
    await demandEnd(scene, connection, 'agreeing alone', ['protocol-error']);
    await demandNobodyStored(scene, 'before a person decided');
    await scene.initiator.call('cancel', offer.sessionId);
  }
};

/** In the initiator's place with the code: a true challenge, then anything but a true welcome. */
const forgeWelcome = async (scene: Scene, insiders: Ledger): Promise<void> => {
  const offer = await scene.offerAgain('accept');
  const keys = keysOf(offer);
  const mallory = await scene.stranger({ ledger: insiders });
  const proven = Promise.withResolvers<RawConnection>();
  mallory.onConnection((connection) => {
    const meet = async (): Promise<void> => {
      const hello = await connection.nextFrame(FRAME_MS);
      if (hello === null) return;
      const ends = {
        initiator: brandAs<EndpointId>(mallory.endpointId),
        joiner: brandAs<EndpointId>(connection.remoteEndpointId),
      };
      const handshake = initiatorHandshake({ keys, ends, hello: readHello(hello), card: CARD, nonce: NONCE });
      await connection.send(handshake.challenge);
      if ((await connection.nextFrame(FRAME_MS)) === null) return;
      await connection.send(encodeFrame({ type: 'welcome', card: CARD, proof: NONCE }));
      proven.resolve(connection);
    };
    meet().catch(() => undefined);
  });
  await scene.initiator.call('cancel', offer.sessionId);
  const { endpointId, port } = mallory;
  const withdraw = await scene.air.advertise({ tag: keys.lanTag, endpointId, port });
  const sessionId = await scene.joiner.call('join', offer.words, 'accept');
  const connection = await inTime(proven.promise, FRAME_MS);
  if (connection === null) scene.breach('the joiner never came: nothing was attacked');
  else await demandEnd(scene, connection, 'a false welcome', ['proof-mismatch']);
  await scene.joiner.call('cancel', sessionId);
  await withdraw();
  await demandNobodyStored(scene, 'after a false welcome');
};

/** Holds the code, and breaks every rule after it: what a proof is worth without the rest. */
export const insider: Attack = {
  name: 'forger that holds the code',
  initiator: 'announced',
  policy: 'ask',
  limitMs: { short: 45_000, full: 120_000 },
  run: async (scene) => {
    // What it is told after it has proven the code is told rightly.
    const insiders = ledger();
    await forgeProofs(scene, insiders);
    await grindDigits(scene, insiders);
    await burn(scene, insiders);
    await forgeFinish(scene, insiders);
    await agreeAlone(scene, insiders);
    await forgeWelcome(scene, insiders);
    return 'code is spent';
  },
};
