import { PAIR_ALPN, RENDEZVOUS_ALPN } from '@bowline/contracts';
import type { Attack, Scene } from '../attack.ts';
import type { RawConnection } from '../raw/raw-connection.ts';
import type { Target } from '../raw/raw-endpoint.ts';
import { demandEnd, inTime, pause } from './assault.ts';

/** Ways of taking one's time: what is written at first, and what every two seconds. */
const MANNERS: readonly (readonly [name: string, first: readonly number[], then: readonly number[]])[] = [
  ['nothing', [], []],
  ['one byte of a length', [0], []],
  ['a length of 16 KiB and nothing', [0, 0, 0x40, 0], []],
  ['a length of 16 KiB and a byte now and then', [0, 0, 0x40, 0], [0xa1]],
  ['a length, byte by byte', [0], [0]],
];

const BETWEEN_MS = 2_000;

const dawdle = async (
  scene: Scene,
  connection: RawConnection,
  [name, first, then]: (typeof MANNERS)[number],
): Promise<void> => {
  if (first.length > 0) await connection.write(Uint8Array.from(first));
  const timer = setInterval(() => {
    if (then.length > 0) connection.write(Uint8Array.from(then)).catch(() => undefined);
  }, BETWEEN_MS);
  await demandEnd(scene, connection, name, ['timed-out', 'busy', 'protocol-error', 'code-unknown']);
  clearInterval(timer);
};

const dawdleAt = async (scene: Scene, target: Target, alpn: string): Promise<void> => {
  const relay = target.relayUrl === undefined ? {} : { relayUrl: target.relayUrl };
  await Promise.all(
    MANNERS.map(async (manner) => {
      const mallory = await scene.stranger(relay);
      const connection = await mallory.dial(target, alpn);
      if (connection === null) return scene.breach(`nobody answered before ${manner[0]}`);
      await dawdle(scene, connection, manner);
    }),
  );
};

/** Connections that say nothing, renewed as soon as they are ended: more than a device admits. */
const SQUATTERS = 160;
const SQUAT_MS = 20_000;
const SETTLE_MS = 1_500;

/** Takes every place there is and keeps it; an honest joiner must come through all the same. */
const squat = async (scene: Scene): Promise<void> => {
  const { joiner, offer, targets, breach, tally, signal } = scene;
  let isOver: boolean = false;
  const hold = async (): Promise<void> => {
    while (!isOver && !signal.aborted) {
      const mallory = await scene.stranger();
      for (let uses = 0; uses < 8 && !isOver; uses += 1) {
        const connection = await mallory.dial(targets.initiator, PAIR_ALPN);
        if (connection === null) continue;
        tally('places held');
        await connection.ended;
      }
    }
  };
  const holding = Promise.all(Array.from({ length: SQUATTERS }, hold));
  await pause(SETTLE_MS);
  const end = await inTime(joiner.call('timedJoin', offer.words), SQUAT_MS);
  isOver = true;
  if (end?.end.kind === 'paired') tally(`joined in ${Math.round(end.elapsedMs)} ms`);
  else breach(`an honest joiner was kept out by silent strangers: ${end?.end.reason ?? 'no end'}`);
  await holding;
};

/** Opens connections and takes its time: a byte now and then, or nothing; then takes every place and keeps it. */
export const slowSender: Attack = {
  name: 'slow sender',
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 45_000, full: 60_000 },
  run: async (scene) => {
    const { targets } = scene;
    await Promise.all([
      dawdleAt(scene, targets.initiator, PAIR_ALPN),
      targets.rendezvous === null ? undefined : dawdleAt(scene, targets.rendezvous, RENDEZVOUS_ALPN),
    ]);
    await squat(scene);
    return 'code is spent';
  },
};
