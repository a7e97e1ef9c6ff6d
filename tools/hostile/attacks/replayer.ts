import { PAIR_ALPN } from '@bowline/contracts';
import type { Attack, Scene } from '../attack.ts';
import { framed } from '../raw/raw-connection.ts';
import { replayDatagrams, type UdpPipe, udpPipe } from '../raw/udp-pipe.ts';
import { forgeAll, inTime } from './assault.ts';
import { lure, type Meeting } from './lure.ts';

const HELLO_MS = 10_000;
const PAIR_MS = 20_000;
const PORT = /:([0-9]+)$/;

const portOf = (addresses: readonly string[]): number =>
  Number(addresses.map((address) => PORT.exec(address)?.[1]).find((port) => port !== undefined));

/** Collects what an honest joiner says first, by standing in the initiator's place. */
const recordHellos = async (scene: Scene): Promise<readonly Uint8Array[]> => {
  const hellos: Uint8Array[] = [];
  const meet: Meeting = async (joiner) => {
    const hello = await joiner.nextFrame(HELLO_MS);
    if (hello !== null) hellos.push(hello);
    joiner.close('busy');
  };
  await lure(scene, { faces: 3, meet });
  return hellos;
};

/** Leads the joiner to the honest initiator through a pipe of datagrams, and lets the two pair. */
const recordPairing = async (scene: Scene): Promise<UdpPipe> => {
  const { initiator, joiner, offer, targets, breach } = scene;
  const pipe = await udpPipe(portOf(targets.initiator.addresses), scene.ledger.page());
  const { endpointId } = targets.initiator;
  const withdraw = await scene.air.advertise({ tag: scene.tag, endpointId, port: pipe.port });
  const end = await inTime(joiner.call('timedJoin', offer.words), PAIR_MS);
  if (end?.end.kind !== 'paired') breach('the honest devices did not pair through a pipe that changes nothing');
  await withdraw();
  for (const device of [initiator, joiner]) {
    for (const { id } of await device.call('devices')) await device.call('unpair', id);
  }
  return pipe;
};

const ROUNDS = { short: 2, full: 10 };
const FRESH_PORTS = { short: 20, full: 400 };

/** Records an honest handshake in which it was the pipe, and replays it: frame by frame, and datagram by datagram. */
export const replayer: Attack = {
  name: 'replayer',
  initiator: 'silent',
  policy: 'accept',
  limitMs: { short: 30_000, full: 90_000 },
  run: async (scene) => {
    const { scale, targets, tally } = scene;
    const hellos = await recordHellos(scene);
    const frames = hellos.map((hello, index) => [`recorded hello ${index}`, framed(hello)] as const);
    await forgeAll(scene, targets.initiator, PAIR_ALPN, frames, ['code-unknown']);
    await forgeAll(scene, targets.joiner, PAIR_ALPN, frames, ['code-unknown']);

    await using pipe = await recordPairing(scene);
    const again = await scene.offerAgain('accept');
    const [initiatorPort, joinerPort] = [portOf(targets.initiator.addresses), portOf(targets.joiner.addresses)];
    for (let round = 0; round < ROUNDS[scale] && !scene.signal.aborted; round += 1) {
      await replayDatagrams(pipe.toTarget, initiatorPort);
      await replayDatagrams(pipe.fromTarget, joinerPort);
      await replayDatagrams(pipe.toTarget, joinerPort);
      tally('replays of a whole pairing');
    }
    // A first datagram alone begins a handshake that never goes on.
    const first = pipe.toTarget.slice(0, 1);
    for (let port = 0; port < FRESH_PORTS[scale] && !scene.signal.aborted; port += 1) {
      await replayDatagrams(first, initiatorPort);
      tally('half-open handshakes');
    }
    await scene.initiator.call('cancel', again.sessionId);
    return 'code is spent';
  },
};
