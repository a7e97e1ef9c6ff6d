import { brandAs, type CloseName, type EndpointId } from '@bowline/contracts';
import { derivePairingKeys } from '@bowline/pairing-code';
import { initiatorHandshake, readHello } from '@bowline/pairing-protocol';
import { encodeFrame } from '@bowline/wire-format';
import type { Attack, Scene } from '../attack.ts';
import type { RawConnection } from '../raw/raw-connection.ts';
import { inTime } from './assault.ts';
import { lure, type Meeting } from './lure.ts';

const CARD = { name: 'mallory', platform: 'linux' };
const BYTES = new Uint8Array(32).fill(5);
const WRONG_KEYS = derivePairingKeys(new Uint8Array(16).fill(99));
const HELLO_MS = 10_000;

/** Closes that would end a search if they were believed. */
const LIES: readonly CloseName[] = ['code-used', 'code-expired', 'code-burnt', 'rejected', 'cancelled', 'busy', 'done'];

/** Answers a joiner as an initiator would, with a code of its own; every other one is lied to. */
const answer = async (mallory: string, connection: RawConnection, count: number): Promise<void> => {
  const hello = await connection.nextFrame(HELLO_MS);
  if (hello === null) return;
  if (count % 2 === 1) return connection.close(LIES[Math.floor(count / 2) % LIES.length] ?? 'done');
  const ends = {
    initiator: brandAs<EndpointId>(mallory),
    joiner: brandAs<EndpointId>(connection.remoteEndpointId),
  };
  const handshake = initiatorHandshake({ keys: WRONG_KEYS, ends, hello: readHello(hello), card: CARD, nonce: BYTES });
  await connection.send(count % 4 === 0 ? handshake.challenge : forgedRefusal());
  // Somebody who took the challenge for good would say who it is now.
  await connection.nextFrame(HELLO_MS);
};

const forgedRefusal = (): Uint8Array => encodeFrame({ type: 'refusal', reason: 'code-used', proof: BYTES });

/** Repeats the code's tag with two endpoints of its own. Returns what ends it. */
const impersonate = async (scene: Scene): Promise<() => Promise<void>> => {
  const withdrawals: (() => Promise<void>)[] = [];
  let count = 0;
  for (let face = 0; face < 2; face += 1) {
    const mallory = await scene.stranger();
    mallory.onConnection((connection) => {
      scene.tally('joiners lied to');
      count += 1;
      answer(mallory.endpointId, connection, count - 1).catch(() => undefined);
    });
    const { endpointId, port } = mallory;
    withdrawals.push(await scene.air.advertise({ tag: scene.tag, endpointId, port }));
  }
  return async () => {
    for (const withdraw of withdrawals) await withdraw();
  };
};

const JOIN_MS = 20_000;

/** Shows the tag of an honest code, and leaves the honest initiator on the air beside it. */
const beside = (name: string, codeOf: (scene: Scene) => string): Attack => ({
  name,
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 30_000, full: 60_000 },
  run: async (scene) => {
    const { joiner, breach } = scene;
    const end = await impersonate(scene);
    const sessionId = await joiner.call('join', codeOf(scene), 'accept');
    const pairing = await inTime(joiner.call('ended', sessionId), JOIN_MS);
    if (pairing?.kind !== 'paired') breach(`the honest devices did not pair beside it: ${pairing?.code ?? 'no end'}`);
    else if (pairing.deviceName !== scene.initiator.name) breach('the joiner paired with somebody else');
    await end();
    return 'code is spent';
  },
});

export const rogueInitiatorBeside = beside('rogue initiator, joiner has the words', ({ offer }) => offer.words);
export const rogueInitiatorBesideTicket = beside('rogue initiator, joiner has the ticket', ({ offer }) => offer.ticket);

const ROUNDS = { short: 2, full: 10 };

/** The joiner finds nobody but the attacker. */
export const rogueInitiatorAlone: Attack = {
  name: 'rogue initiator, nobody else is found',
  initiator: 'silent',
  policy: 'accept',
  limitMs: { short: 30_000, full: 60_000 },
  run: async (scene) => {
    let count = 0;
    const meet: Meeting = (joiner, mallory) => {
      count += 1;
      return answer(mallory.endpointId, joiner, count - 1);
    };
    for (let round = 0; round < ROUNDS[scene.scale] && !scene.signal.aborted; round += 1) {
      await lure(scene, { faces: 2, meet, isPatient: scene.scale === 'full' && round === 0 });
    }
    return 'code is open';
  },
};
