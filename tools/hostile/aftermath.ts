import { LINK_ALPN } from '@bowline/contracts';
import { derivePairingKeys, parseCode } from '@bowline/pairing-code';
import { encodeFrame } from '@bowline/wire-format';
import type { Attack, Offer, Scene } from './attack.ts';
import { demandEnd, inTime, pause } from './attacks/assault.ts';
import type { HeldMemory } from './honest/held-memory.ts';
import { offerOf, type Stage } from './stage.ts';

/** How long memory may take to come back. */
const SETTLE_MS = 30_000;
const LOOK_MS = 500;
const PAIR_MS = 20_000;

const MEBIBYTE = 1_024 * 1_024;

/**
 * What a device may hold more than when it was warm. What the system has given it goes up and down with what it happened to
 * need at once; what is alive does not, and shows what is kept.
 */
export const MAX_GROWTH: HeldMemory = Object.freeze({ residentBytes: 50 * MEBIBYTE, liveBytes: 16 * MEBIBYTE });

/** Memory of each device, by name. */
export type Memory = Readonly<Record<string, HeldMemory>>;

export const memoryOf = async ({ devices }: Stage): Promise<Memory> =>
  Object.fromEntries(await Promise.all(devices.map(async (each) => [each.name, await each.held()] as const)));

/** Makes both sides forget each other, so that they can pair anew. */
export const partAll = async ({ devices }: Pick<Stage, 'devices'>): Promise<void> => {
  for (const device of devices) {
    for (const { id } of await device.call('devices')) await device.call('unpair', id);
  }
};

/** Pairs two honest devices; complains when they do not, or when anybody else is stored. */
export const pairHonestly = async (
  stage: Stage,
  attack: Pick<Attack, 'initiator' | 'policy'>,
  offer: Offer,
  breach: (what: string) => void,
): Promise<number | null> => {
  const { joiner } = stage;
  const initiator = stage.initiatorOf(attack);
  // Nobody but a holder of the ticket finds a silent device.
  const joining = joiner.call('timedJoin', attack.initiator === 'silent' ? offer.ticket : offer.words);
  if (attack.policy === 'ask') await decideWhenAsked(stage, attack, offer);
  const end = await inTime(joining, PAIR_MS);
  if (end?.end.kind !== 'paired') {
    breach(`the honest devices do not pair any more: ${end?.end.reason ?? 'no end'}`);
    return null;
  }
  if (end.end.deviceName !== initiator.name) breach('the joiner paired with somebody else');
  await demandOnlyEachOther(stage, attack, breach);
  return end.elapsedMs;
};

const decideWhenAsked = async (stage: Stage, attack: Pick<Attack, 'initiator'>, { sessionId }: Offer) => {
  const initiator = stage.initiatorOf(attack);
  for (let looks = 0; looks < PAIR_MS / 50; looks += 1) {
    const events = await initiator.call('events');
    if (events.some((each) => each.event === 'pairing.confirmationNeeded' && each.sessionId === sessionId)) break;
    await pause(50);
  }
  await initiator.call('decide', sessionId, true);
};

const demandOnlyEachOther = async (
  stage: Stage,
  attack: Pick<Attack, 'initiator'>,
  breach: (what: string) => void,
): Promise<void> => {
  const initiator = stage.initiatorOf(attack);
  for (const [device, peer] of [
    [initiator, stage.joiner],
    [stage.joiner, initiator],
  ] as const) {
    let listed = await device.call('devices');
    // The initiator stores last and may be a moment behind the joiner.
    for (let looks = 0; looks < PAIR_MS / 50 && listed.length === 0; looks += 1) {
      await pause(50);
      listed = await device.call('devices');
    }
    const ids = listed.map(({ endpointId }) => endpointId as string);
    if (ids.length !== 1 || ids[0] !== peer.endpointId) breach(`${device.name} lists ${ids.length} devices`);
  }
};

/** Nothing that the attacker was told names a device or gives away the code. */
const demandNothingTold = (stage: Stage, { words }: Offer, breach: (what: string) => void): void => {
  const { entropy } = parseCode(words);
  const { proofKey, lookupKey, rendezvousProofKey, rendezvousSecretKey } = derivePairingKeys(entropy);
  for (const { name } of stage.devices) {
    if (stage.ledger.holds(Buffer.from(name))) breach(`the attacker was told the name ${name}`);
  }
  const secrets = { words: Buffer.from(words), entropy, proofKey, lookupKey, rendezvousProofKey, rendezvousSecretKey };
  for (const [what, secret] of Object.entries(secrets)) {
    if (stage.ledger.holds(secret)) breach(`the attacker was told the ${what}`);
  }
};

const demandNotPaired = async (scene: Scene): Promise<void> => {
  for (const target of [scene.targets.initiator, scene.targets.joiner]) {
    const mallory = await scene.stranger();
    const link = await mallory.dial(target, LINK_ALPN);
    if (link === null) return scene.breach('the link protocol did not answer');
    await link.send(encodeFrame({ kind: 'ping', nonce: 1 }));
    await demandEnd(scene, link, 'the link protocol', ['not-paired']);
  }
};

const growthOf = (now: Memory, before: Memory): Memory =>
  Object.fromEntries(
    Object.entries(now).map(([name, { residentBytes, liveBytes }]) => [
      name,
      {
        residentBytes: residentBytes - (before[name]?.residentBytes ?? 0),
        liveBytes: liveBytes - (before[name]?.liveBytes ?? 0),
      },
    ]),
  );

const isTooMuch = ({ residentBytes, liveBytes }: HeldMemory): boolean =>
  residentBytes > MAX_GROWTH.residentBytes || liveBytes > MAX_GROWTH.liveBytes;

const demandMemory = async (stage: Stage, warm: Memory, breach: (what: string) => void): Promise<Memory> => {
  const endAtMs = performance.now() + SETTLE_MS;
  let growth = growthOf(await memoryOf(stage), warm);
  while (performance.now() < endAtMs && Object.values(growth).some(isTooMuch)) {
    await pause(LOOK_MS);
    growth = growthOf(await memoryOf(stage), warm);
  }
  for (const [name, grown] of Object.entries(growth)) {
    const { residentBytes, liveBytes } = grown;
    if (!isTooMuch(grown)) continue;
    breach(
      `${name} holds ${inMebibytes(residentBytes)} MiB more than before, of which ${inMebibytes(liveBytes)} are alive`,
    );
  }
  return growth;
};

/** With one decimal. */
export const inMebibytes = (bytes: number): number => Math.round((bytes / MEBIBYTE) * 10) / 10;

/** What is left of the honest devices after an attack. */
export interface Aftermath {
  /** How long the honest pairing took, milliseconds; `null` when it failed. */
  readonly pairedInMs: number | null;
  /** Growth of each device since it was warm. */
  readonly growth: Memory;
}

/** Looks at the honest devices after an attack: they pair, know nobody else, have told nothing, and are as small as before. */
export const aftermath = async (
  stage: Stage,
  attack: Attack,
  scene: Scene,
  code: 'code is open' | 'code is spent',
  warm: Memory,
): Promise<Aftermath> => {
  const { breach } = scene;
  const isOpen = code === 'code is open';
  if (isOpen) {
    for (const device of stage.devices) {
      const { length } = await device.call('devices');
      if (length > 0) breach(`${device.name} stored somebody`);
    }
  }
  await partAll(stage);
  const offer = isOpen ? scene.offer : await offerOf(scene.initiator, attack.policy);
  await demandNotPaired(scene);
  const pairedInMs = await pairHonestly(stage, attack, offer, breach);
  await demandNotPaired(scene);
  demandNothingTold(stage, offer, breach);
  demandNothingTold(stage, scene.offer, breach);
  for (const device of stage.devices) {
    const restarts = await device.restarts();
    if (restarts > 0) breach(`${device.name} had ${restarts} workers restarted`);
  }
  await partAll(stage);
  return { pairedInMs, growth: await demandMemory(stage, warm, breach) };
};
