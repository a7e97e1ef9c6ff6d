import { LINK_ALPN, PAIR_ALPN } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import type { Attack, Scene } from '../attack.ts';
import { crowd, inParallel, inTime, pause, untilAsked } from './assault.ts';

const CONNECTS = { short: 300, full: 10_000 };
const WIDTH = 32;
const DIAL_MS = 5_000;

/** How long a connection that says nothing is left open. */
const SILENCE_MS = 300;

const BYTES = new Uint8Array(32).fill(1);
const HELLO = encodeFrame({ type: 'hello', versions: [1], commitment: BYTES, tag: BYTES });

/** One connection of the flood: gone at once, silent, wrong, or garbage; two thirds at the initiator. */
const hit = async (scene: Scene, mallory: Awaited<ReturnType<Scene['stranger']>>, index: number): Promise<void> => {
  const target = index % 3 === 2 ? scene.targets.joiner : scene.targets.initiator;
  const connection = await mallory.dial(target, index % 7 === 6 ? LINK_ALPN : PAIR_ALPN, DIAL_MS);
  if (connection === null) return scene.tally('refused');
  if (index % 4 === 1) await inTime(connection.ended, SILENCE_MS);
  if (index % 4 === 2) await connection.send(HELLO);
  if (index % 4 === 3) await connection.write(BYTES);
  if (index % 4 >= 2) await inTime(connection.ended, SILENCE_MS);
  connection.close('done');
  scene.tally(await connection.ended);
};

/** Connects until the number or the time is reached. */
const flood = async (scene: Scene, onConnect: () => void): Promise<void> => {
  const lanes = Array.from({ length: WIDTH }, () => crowd(scene));
  const indexes = Array.from({ length: CONNECTS[scene.scale] }, (_, index) => index);
  await inParallel(indexes, WIDTH, async (index, lane) => {
    if (scene.signal.aborted) return;
    const mallory = await lanes[lane]?.();
    if (mallory === undefined) return;
    onConnect();
    await hit(scene, mallory, index).catch(() => scene.tally('broke'));
  });
};

/** A pairing that waits for a person, decided in the middle of the flood. */
const beginPairing = async (scene: Scene) => {
  const { joiner, initiator, offer, breach } = scene;
  const sessionId = await joiner.call('join', offer.words, 'accept');
  await untilAsked(scene, offer);
  return async (): Promise<void> => {
    await initiator.call('decide', offer.sessionId, true);
    const end = await inTime(joiner.call('ended', sessionId), DECIDE_MS);
    if (end?.kind !== 'paired') breach(`a pairing in progress was disturbed: ${end?.code ?? 'no end'}`);
  };
};

const DECIDE_MS = 20_000;
const PING_MS = 10_000;
const PINGS = { short: 5, full: 40 };
const JOIN_MS = 20_000;

/** The link of two paired devices must answer all the while. */
const pingThrough = async ({ joiner, scale, signal, breach, tally }: Scene): Promise<void> => {
  const [peer] = await joiner.call('devices');
  if (peer === undefined) return breach('the paired device is not listed');
  for (let looks = 0; looks < 100; looks += 1) {
    if ((await joiner.call('status')).peers.some(({ state }) => state === 'connected')) break;
    await pause(100);
  }
  for (let count = 0; count < PINGS[scale] && !signal.aborted; count += 1) {
    const pong = await inTime(
      joiner.call('ping', peer.id).catch(() => null),
      PING_MS,
    );
    tally(pong === null ? 'pings lost' : 'pings answered');
    if (pong === null) breach('a paired device did not answer in the flood');
    await pause(100);
  }
};

/** Somebody else, with a fresh code, joins while the flood goes on. */
const joinThrough = async (scene: Scene): Promise<void> => {
  const offer = await scene.offerAgain('accept');
  const startedAtMs = performance.now();
  const end = await inTime(scene.bystander.call('timedJoin', offer.ticket), JOIN_MS);
  scene.tally(end?.end.kind === 'paired' ? `joined in ${Math.round(performance.now() - startedAtMs)} ms` : 'kept out');
  if (end?.end.kind !== 'paired') {
    scene.breach(
      `an honest joiner was kept out by the flood: ${end?.end.kind === 'failed' ? end.end.reason : 'no end'}`,
    );
  }
};

/** Opens connections as fast as they go, thousands of them, while honest devices go about their business. */
export const flooder: Attack = {
  name: 'flooder',
  initiator: 'announced',
  policy: 'ask',
  limitMs: { short: 30_000, full: 240_000 },
  run: async (scene) => {
    let connects = 0;
    const decide = await beginPairing(scene);
    const flooding = flood(scene, () => {
      connects += 1;
    });
    while (connects < CONNECTS[scene.scale] / 10 && !scene.signal.aborted) await pause(20);
    await decide();
    await pingThrough(scene);
    await joinThrough(scene);
    await flooding;
    return 'code is spent';
  },
};
