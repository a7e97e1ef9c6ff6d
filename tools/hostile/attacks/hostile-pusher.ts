import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inMebibytes } from '../aftermath.ts';
import type { Attack, Scene } from '../attack.ts';
import type { HeldMemory } from '../honest/held-memory.ts';
import type { PushFlood, SaidPush } from '../honest/push-calls.ts';
import { forgedPushes, pushBegin, pushOffer } from '../raw/forged-pushes.ts';
import { inParallel, inTime, pause } from './assault.ts';

const MEBIBYTE = 1_048_576;

/** Of a file that is pushed under a name it may not have. */
const FORGED_BYTES = 10;

/** Most bytes of one push. */
const MAX_BYTES = 256 * MEBIBYTE;

/** What an honest device pushes meanwhile. */
const TRUE_BYTES = MEBIBYTE;

/** Pushes that are begun and not gone on with: as many as one device may have. */
const HELD_PUSHES = 4;

/** Those of one service at once; one place is left for what is said at the same time. */
const WIDTH = 3;

/** How long one flood lasts at most, and how many words it has at most. */
const FLOOD = {
  short: { durationMs: 1_000, words: 10_000 },
  full: { durationMs: 5_000, words: 1_000_000 },
} as const;

/** What the receiver may hold while it is flooded, beyond what it held before. */
const MAX_GROWTH_BYTES = 64 * MEBIBYTE;

/**
 * What may be alive after the second time beyond what was after the first, by when whatever the attack needs is loaded. A
 * receiver that kept the words it was told would keep more of one flood of folders.
 */
const MAX_REPEATED_BYTES = 3 * MEBIBYTE;

const LOOK_MS = 500;
const LOOKS = 30;

/** Longer than any answer takes on a busy machine. */
const PATIENCE_MS = 15_000;

const SERVICES = ['bowline.push/1', 'bowline.push/2'] as const;
const FLOODS: readonly PushFlood[] = ['offers', 'folders', 'lies', 'data'];

const outcomeOf = ({ answers, end }: SaidPush): string => {
  const kinds = answers.map(({ kind }) => kind);
  const told = (['stop', 'failed', 'saved'] as const).find((kind) => kinds.includes(kind));
  return end === 'STREAM_RESET' ? 'reset' : (told ?? end);
};

/** The folders of the receiver: one that was chosen, with a way out of it that its person has made, and what is outside. */
const folders = () => {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'bowline-hostile-push-')));
  const [dir, outside] = [join(parent, 'chosen'), join(parent, 'outside')];
  for (const each of [dir, outside]) mkdirSync(each);
  writeFileSync(join(outside, 'out'), 'of the person');
  symlinkSync(outside, join(dir, 'way out'));
  let sent = 0;
  mkdirSync(join(dir, 'ways'));
  symlinkSync(join(outside, 'out'), join(dir, 'ways', 'out'));
  return {
    dir,
    newFile: (content: Uint8Array): string => {
      const path = join(mkdtempSync(join(parent, 'sent-')), `true file ${sent}`);
      sent += 1;
      writeFileSync(path, content);
      return path;
    },
    /** What was written where nothing may be. */
    escaped: (): readonly string[] => {
      const beside = readdirSync(parent).filter(
        (name) => !['chosen', 'outside'].includes(name) && !name.startsWith('sent-'),
      );
      const isSame = readFileSync(join(outside, 'out'), 'utf8') === 'of the person';
      return [...beside, ...readdirSync(outside).filter((name) => name !== 'out'), ...(isSame ? [] : ['out'])];
    },
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
};

/** Every forgery is answered as it must be, on both services; when there is little time, on one. */
const forgeAll = async (scene: Scene, nasId: string): Promise<void> => {
  for (const [turn, service] of SERVICES.entries()) {
    const chosen = forgedPushes(randomBytes(FORGED_BYTES)).filter(
      (_, index) => scene.scale === 'full' || index % SERVICES.length === turn,
    );
    await inParallel(chosen, WIDTH, async ([what, expected, pieces]) => {
      const said = await inTime(scene.bystander.call('sayPush', nasId, service, pieces), PATIENCE_MS);
      const outcome = said === null ? 'nothing' : outcomeOf(said);
      scene.tally(outcome);
      if (outcome !== expected) scene.breach(`${what} as ${service} came to ${outcome}, not to ${expected}`);
    });
  }
};

/** Begins all the pushes it may, offers as much as it may, and sends none of it. */
const holdAll = async ({ bystander, tally }: Scene, nasId: string): Promise<void> => {
  for (const service of SERVICES) {
    for (let count = 0; count < HELD_PUSHES; count += 1) {
      const offer = pushOffer(randomBytes(FORGED_BYTES), {
        path: [`held ${service} ${count}`.replace('/', ' ')],
        sizeBytes: MAX_BYTES - MEBIBYTE,
      });
      await bystander.call('holdPush', nasId, service, [pushBegin(100 + count), offer]);
      tally('held');
    }
  }
};

/** Says one thing as often as it can. What is said out of turn ends it, the rest is bounded. */
const flood = async (scene: Scene, nasId: string): Promise<void> => {
  for (const each of FLOODS) {
    const { durationMs, words } = FLOOD[scene.scale];
    const said = await inTime(
      scene.bystander.call('floodPush', nasId, SERVICES[1], [pushBegin(1)], each, words, durationMs),
      durationMs + PATIENCE_MS,
    );
    if (said === null) scene.breach(`a flood of ${each} was not answered`);
    else if (said.words === 0) scene.breach(`nothing was said of ${each}: nothing was attacked`);
    else {
      scene.tally(`${each}: ${outcomeOf(said)}`);
      scene.tally('floods', said.pushes);
    }
  }
};

/** Another device pushes meanwhile, and must lose nothing by it. */
const pushTruly = async ({ joiner, breach }: Scene, nasId: string, path: string): Promise<void> => {
  const pushed = joiner.call('push', nasId, [path]).then(
    () => 'whole',
    (error: unknown) => String(error),
  );
  const how = await inTime(pushed, PATIENCE_MS);
  if (how !== 'whole') breach(`another device's push was disturbed: ${how ?? 'late'}`);
};

/** Memory comes back once what was under way is over. */
const demandSmall = async (
  { initiator, breach }: Scene,
  kind: keyof HeldMemory,
  maxBytes: number,
  what: string,
): Promise<void> => {
  let bytes = 0;
  for (let looks = 0; looks < LOOKS; looks += 1) {
    bytes = (await initiator.held())[kind];
    if (bytes <= maxBytes) return;
    await pause(LOOK_MS);
  }
  breach(`${what}: ${inMebibytes(bytes - maxBytes)} MiB too many are held`);
};

/**
 * Paired, and allowed to push: says of a push whatever it likes. Nothing is written outside of the chosen folder, nothing
 * grows, it is told what comes of it, and another device that pushes meanwhile does not notice.
 */
export const hostilePusher: Attack = {
  name: 'paired device that pushes what it may not',
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 60_000, full: 120_000 },
  run: async (scene) => {
    const { initiator, joiner, bystander, offer, breach } = scene;
    // Nobody tells it where the other one is but the ticket.
    if ((await bystander.call('timedJoin', offer.ticket)).end.kind !== 'paired') breach('it was not paired');
    const { words } = await scene.offerAgain('accept');
    if ((await joiner.call('timedJoin', words)).end.kind !== 'paired') breach('the honest device was not paired');
    const { dir, newFile, escaped, remove } = folders();
    const idAt = async (device: typeof joiner): Promise<string> => (await device.call('devices'))[0]?.id ?? '';
    const [id, honestId] = [await idAt(bystander), await idAt(joiner)];
    const attack = async (maxBytes: number): Promise<void> => {
      await forgeAll(scene, id);
      await holdAll(scene, id);
      const content = randomBytes(TRUE_BYTES);
      const path = newFile(content);
      await pushTruly(scene, honestId, path);
      if (!readFileSync(join(dir, basename(path))).equals(content)) breach("another device's file was changed");
      await demandSmall(scene, 'residentBytes', maxBytes, 'pushes that stand still');
      await bystander.call('letGoOfPushes');
      await Promise.all([flood(scene, id), pushTruly(scene, honestId, newFile(randomBytes(TRUE_BYTES)))]);
      await demandSmall(scene, 'residentBytes', maxBytes, 'floods of words');
    };
    try {
      await initiator.call('receive', dir, MAX_BYTES);
      const { residentBytes } = await initiator.held();
      await attack(residentBytes + MAX_GROWTH_BYTES);
      const { liveBytes } = await initiator.held();
      await attack(residentBytes + MAX_GROWTH_BYTES);
      await demandSmall(scene, 'liveBytes', liveBytes + MAX_REPEATED_BYTES, 'all of it once more');
      for (const name of escaped()) breach(`${name} was written outside of the folder`);
    } finally {
      await initiator.call('receiveOff');
      remove();
    }
    return 'code is spent';
  },
};
