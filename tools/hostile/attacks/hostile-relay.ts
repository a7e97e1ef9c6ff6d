import { brandAs, type EndpointId } from '@bowline/contracts';
import { createEntropy, formatTicket } from '@bowline/pairing-code';
import { acceptFrame, confirmFrame } from '@bowline/pairing-protocol';
import { systemRandom } from '@bowline/system-ports';
import type { Attack, Scene } from '../attack.ts';
import { type HostileRelay, hostileRelay } from '../raw/hostile-relay.ts';
import { ledger } from '../raw/ledger.ts';
import { inTime, pause } from './assault.ts';
import { FRAME_MS, welcomed } from './true-handshake.ts';

/** How long the relay is named. */
const NAMED_MS = { short: 4_000, full: 30_000 } as const;

/** A relay that nobody names any more is left at once, on a busy machine within this time; one that is kept is so for good. */
const LEFT_WITHIN_MS = 10_000;

/** It is then not seen again for so long. */
const UNSEEN_MS = 3_000;

/** By then everybody has met the relays that were named, on a busy machine, too. */
const MET_WITHIN_MS = 10_000;

const LOOK_MS = 100;

/** As many relays as a ticket, and a device, may name. */
const MAX_OF_TICKET = 4;
const MAX_OF_PEER = 8;

const END_MS = 10_000;

const within = async (limitMs: number, isSo: () => boolean): Promise<void> => {
  for (let waitedMs = 0; waitedMs < limitMs && !isSo(); waitedMs += LOOK_MS) await pause(LOOK_MS);
};

const untilMet = (relay: HostileRelay): Promise<void> => within(MET_WITHIN_MS, () => relay.met.size >= MAX_OF_TICKET);

/** Nobody names the relay any more: whatever it says, it is left, and not met again. */
const demandLeft = async ({ breach, tally }: Scene, relay: HostileRelay, namedBy: string): Promise<void> => {
  await within(LEFT_WITHIN_MS, () => relay.openCount() === 0);
  if (relay.openCount() > 0) breach(`a relay that ${namedBy} named is not left`);
  const before = relay.connectionCount();
  await pause(UNSEEN_MS);
  if (relay.connectionCount() > before) breach(`a relay that ${namedBy} named is met again when nobody names it`);
  if (before === 0) breach(`nobody came to the relay that ${namedBy} named: nothing was attacked`);
  if (relay.passedOnCount() > 0) breach(`a relay that ${namedBy} named logged in elsewhere with what it was told`);
  if (relay.redirectedCount() > 0) breach(`a relay that ${namedBy} named sent a device elsewhere`);
  for (const misbehaviour of relay.met.keys()) tally(misbehaviour);
  if (relay.met.size < MAX_OF_TICKET) breach(`only ${relay.met.size} relays that ${namedBy} named were met`);
};

const byTicket = async (scene: Scene, homeUrl: string): Promise<void> => {
  await using relay = await hostileRelay(homeUrl);
  const nobody = await scene.stranger();
  const ticket = formatTicket(
    {
      entropy: createEntropy(systemRandom),
      endpointId: brandAs<EndpointId>(nobody.endpointId),
      relays: relay.urls.slice(0, MAX_OF_TICKET).map((url) => ({ url, token: null })),
      directAddresses: [],
      deviceName: 'mallory',
      expiresAtMs: Date.now() + 600_000,
    },
    { includeTokens: false },
  );
  const sessionId = await scene.joiner.call('join', ticket, 'accept');
  const ended = scene.joiner.call('ended', sessionId);
  await inTime(ended, NAMED_MS[scene.scale]);
  await untilMet(relay);
  await scene.joiner.call('cancel', sessionId);
  const end = await inTime(ended, END_MS);
  if (end?.kind !== 'failed') scene.breach(`a join by a hostile ticket ended as ${end?.kind ?? 'nothing'}`);
  await demandLeft(scene, relay, 'a ticket');
};

/** Pairs by the rules, says where it is to be found, and is not there. */
const byPeer = async (scene: Scene, homeUrl: string): Promise<void> => {
  await using relay = await hostileRelay(homeUrl);
  const offer = await scene.offerAgain('accept');
  const { connection, finish, mallory } = await welcomed(scene, offer, ledger());
  await connection.send(finish);
  await connection.send(acceptFrame());
  await connection.nextFrame(FRAME_MS);
  await connection.send(confirmFrame({ relayUrls: relay.urls.slice(-MAX_OF_PEER), directAddresses: [] }));
  await connection.nextFrame(FRAME_MS);
  connection.close('done');
  await mallory.close();
  await pause(NAMED_MS[scene.scale]);
  await untilMet(relay);
  const listed = await scene.initiator.call('devices');
  for (const { id } of listed) await scene.initiator.call('unpair', id);
  if (listed.length !== 1) scene.breach(`the relay's owner was paired ${listed.length} times`);
  await demandLeft(scene, relay, 'a paired device');
};

/** Relays that a ticket and a paired device name; they do their worst, and are then named no more. */
export const relayNamedByOthers: Attack = {
  name: 'hostile relay',
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 45_000, full: 150_000 },
  run: async (scene) => {
    const homeUrl = scene.targets.rendezvous?.relayUrl;
    if (homeUrl === undefined) throw new Error('the initiator has no relay');
    await Promise.all([byTicket(scene, homeUrl), byPeer(scene, homeUrl)]);
    return 'code is open';
  },
};
