import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { encodeClientAuth, FRAME_TYPE, signChallenge } from '@bowline/relay-protocol';
import { WebSocket } from 'ws';
import { secretKeyOf } from '../../../../packages/relay-server/test/test-client.ts';
import { addressOf, type Battle, MAX_PENDING, MEBIBYTE, type RelayAttack, times } from '../relay-attack.ts';

const LOGINS = { short: 300, full: 5_000 };
const WIDTH = 20;

/** The key of somebody who is logged in: whoever took its place would get its datagrams. */
const VICTIM = secretKeyOf(0xa_0001);

const REPLAYED_CHALLENGE = new Uint8Array(16).fill(1);

type Forgery = (challenge: Uint8Array) => Uint8Array | string;

const FORGERIES: readonly Forgery[] = [
  () => encodeClientAuth(signChallenge(VICTIM, REPLAYED_CHALLENGE)),
  (challenge) => {
    const { endpointKey } = signChallenge(VICTIM, challenge);
    return encodeClientAuth({ endpointKey, signature: signChallenge(secretKeyOf(1), challenge).signature });
  },
  (challenge) => {
    const auth = signChallenge(VICTIM, challenge);
    return encodeClientAuth({
      ...auth,
      signature: Uint8Array.from(auth.signature, (byte, at) => (at === 9 ? byte ^ 1 : byte)),
    });
  },
  () => encodeClientAuth({ endpointKey: new Uint8Array(32), signature: new Uint8Array(64) }),
  () => encodeClientAuth({ endpointKey: new Uint8Array(32).fill(0xff), signature: randomBytes(64) }),
  () => randomBytes(1 + Math.floor(Math.random() * 200)),
  () => Buffer.concat([Buffer.of(FRAME_TYPE.clientAuth), randomBytes(20_000)]),
  () => 'let me in',
];

const offer = async (url: string, from: string, forgery: Forgery): Promise<string> => {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}relay`, ['iroh-relay-v2'], { localAddress: from });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(() => null);
  const first = await Promise.race([once(socket, 'message'), closed]);
  if (first === null) return 'refused';
  const next = once(socket, 'message');
  socket.send(forgery((first[0] as Buffer).subarray(1)));
  const answer = await Promise.race([next, closed]);
  socket.terminate();
  if (answer === null) return 'closed';
  return (answer[0] as Buffer)[0] === FRAME_TYPE.serverConfirmsAuth ? 'let in' : 'denied';
};

const forge = async ({ scale, target, tally, breach }: Battle): Promise<void> => {
  const honest = await offer(target.url, addressOf(0), (challenge) =>
    encodeClientAuth(signChallenge(secretKeyOf(2), challenge)),
  );
  if (honest !== 'let in') breach(`a right login was ${honest}: nothing is proven`);
  await times(LOGINS[scale], WIDTH, async (index) => {
    const forgery = FORGERIES[index % FORGERIES.length] ?? (() => '');
    const end = await offer(target.url, addressOf(index % 2_048), forgery);
    tally(end);
    if (end === 'let in') breach(`forgery ${index % FORGERIES.length} was let in`);
  });
  if ((await target.metric('parked_total')) > 0) breach('somebody was displaced by a login that was not its own');
};

/** Logins with signatures that are not right, replayed, or none. */
export const forgedLogins: RelayAttack = {
  name: 'forged logins',
  allowedGrowthBytes: 48 * MEBIBYTE,
  allowedPending: MAX_PENDING,
  defenceless: null,
  run: forge,
};
