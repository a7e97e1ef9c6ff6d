import { LINK_ALPN } from '@bowline/contracts';
import { encodeLinkFrame, type LinkFrame, MAX_PART_BYTES } from '@bowline/link-protocol';
import { acceptFrame, confirmFrame } from '@bowline/pairing-protocol';
import type { Attack, Scene } from '../attack.ts';
import { processUse } from '../honest/process-use.ts';
import { ledger } from '../raw/ledger.ts';
import type { RawConnection } from '../raw/raw-connection.ts';
import type { RawEndpoint } from '../raw/raw-endpoint.ts';
import { inTime, pause } from './assault.ts';
import { CARD, FRAME_MS, welcomed } from './true-handshake.ts';

const MEBIBYTE = 1_024 * 1_024;

/** How long each assault lasts. */
const ASSAULT_MS = { short: 1_000, full: 10_000 } as const;

/** What one device may have written at once, twice over for the journal of the database, and then a mebibyte a second. */
const MAX_WRITTEN_BYTES = 2 * 40 * MEBIBYTE;

/** What changes of itself may have written in a second. */
const MAX_WEAR_BYTES_PER_SECOND = MEBIBYTE;

/** How long is looked for what goes on afterwards. */
const IDLE_MS = 1_500;

/** How often it is looked whether the device is at rest, at most. */
const IDLE_LOOKS = 8;
const IDLE_BYTES = (MEBIBYTE * IDLE_MS) / 1_000;
const MAX_IDLE_CPU_RATIO = 0.25;

/** Fewer mean that the device was not even reached. */
const MIN_FRAMES = 20;

const CALM_MS = 500;
const CALM_LOOKS = 20;
const CALM_BYTES = 65_536;

const WITNESS = 'kept until somebody takes it';

/** Pairs by the rules, and is then a paired device like any other. */
const getIn = async (scene: Scene): Promise<RawEndpoint> => {
  const { mallory, connection, finish } = await welcomed(scene, scene.offer, ledger());
  await connection.send(finish);
  await connection.send(acceptFrame());
  await connection.nextFrame(FRAME_MS);
  await connection.send(confirmFrame({ relayUrls: [], directAddresses: [] }));
  await connection.nextFrame(FRAME_MS);
  connection.close('done');
  return mallory;
};

/** Links of a device whose greetings are true. */
const linker = ({ targets }: Scene, mallory: RawEndpoint) => {
  let turn = 0;
  return async (): Promise<RawConnection | null> => {
    const connection = await mallory.dial(targets.initiator, LINK_ALPN);
    if (connection === null) return null;
    turn += 1;
    await connection.send(
      encodeLinkFrame({
        kind: 'hello',
        version: 1,
        incarnation: 1,
        life: 'abababababababab',
        turn,
        name: `${CARD.name} ${turn}`,
        relayInfo: { homeRelayUrl: null, relayUrls: [], revision: turn, incarnation: 1 },
        directAddresses: [],
        observedAddress: null,
        received: null,
        heard: null,
      }),
    );
    return connection;
  };
};

/** Says frames until the time is over, or the link is. */
const sayUntil = async (
  connection: RawConnection | null,
  endAtMs: number,
  frameOf: (count: number) => LinkFrame,
): Promise<number> => {
  if (connection === null) return 0;
  let isOver = false;
  void connection.ended.then(() => {
    isOver = true;
  });
  let count = 0;
  for (; !isOver && performance.now() < endAtMs; count += 1) {
    // One that is not read stands still: its window is full.
    if ((await inTime(connection.send(encodeLinkFrame(frameOf(count))), endAtMs - performance.now())) === null) break;
  }
  return count;
};

/** What is written of messages is written on for a while, and again when the database takes stock. */
const untilNothingIsWritten = async (pids: readonly number[]): Promise<void> => {
  for (let looks = 0; looks < CALM_LOOKS; looks += 1) {
    const before = processUse(pids).writtenBytes;
    await pause(CALM_MS);
    if (processUse(pids).writtenBytes - before < CALM_BYTES) return;
  }
};

/** What it gave is removed, and the database takes stock once more; then the device comes to rest. */
const demandCalm = async (pids: readonly number[], breach: (what: string) => void): Promise<void> => {
  let faults: readonly string[] = [];
  for (let looks = 0; looks < IDLE_LOOKS; looks += 1) {
    const before = processUse(pids);
    await pause(IDLE_MS);
    const after = processUse(pids);
    const cpuRatio = (after.cpuMs - before.cpuMs) / IDLE_MS;
    faults = [
      ...(after.writtenBytes - before.writtenBytes > IDLE_BYTES ? ['it still writes afterwards'] : []),
      ...(cpuRatio > MAX_IDLE_CPU_RATIO ? [`it is still busy afterwards: ${Math.round(cpuRatio * 100)} %`] : []),
    ];
    if (faults.length === 0) return;
  }
  for (const fault of faults) breach(fault);
};

const part = new Uint8Array(MAX_PART_BYTES).fill(1);
const tiny = Uint8Array.of(1, 120);

/**
 * Paired, and then turned bad: does whatever a paired device can do, faster than it may. Another device that is paired, too,
 * must lose nothing by it: its message stays, it is reached, and it is answered.
 */
export const hostilePeer: Attack = {
  name: 'paired device that turned bad',
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 40_000, full: 90_000 },
  run: async (scene) => {
    const { initiator, joiner, scale, breach, tally } = scene;
    const assaultMs = ASSAULT_MS[scale];
    const mallory = await getIn(scene);
    const { words } = await scene.offerAgain('accept');
    if ((await joiner.call('timedJoin', words)).end.kind !== 'paired')
      breach('the honest device was not paired beside it');
    const idOf = async (endpointId: string): Promise<string> =>
      (await initiator.call('devices')).find((each) => each.endpointId === endpointId)?.id ?? '';
    const [honestId, malloryId] = [await idOf(joiner.endpointId), await idOf(mallory.endpointId)];
    const [there] = await joiner.call('devices');
    await joiner.call('send', there?.id ?? '', WITNESS);

    const pids = await initiator.pids();
    const link = linker(scene, mallory);
    const attack = async (endAtMs: number, frameOf: (count: number) => LinkFrame): Promise<void> => {
      const connection = await link();
      const said = await sayUntil(connection, endAtMs, frameOf);
      if (said < MIN_FRAMES) breach(`${said} frames were said: nothing was attacked`);
      connection?.close('done');
    };
    const measured = async (what: string, assault: (endAtMs: number) => Promise<void>): Promise<number> => {
      const before = processUse(pids).writtenBytes;
      await assault(performance.now() + assaultMs);
      const written = processUse(pids).writtenBytes - before;
      tally(`${what}: ${Math.round(written / MEBIBYTE)} MiB written`);
      return written;
    };

    const seconds = assaultMs / 1_000 + 1;
    const news = await measured('news of itself', async (endAtMs) => {
      await attack(endAtMs, (count) =>
        count % 2 === 0
          ? { kind: 'update', name: `mallory ${count}`, directAddresses: [] }
          : { kind: 'presence', key: count.toString(16).padStart(64, '0') as never },
      );
    });
    if (news > seconds * MAX_WEAR_BYTES_PER_SECOND) breach('what a device says of itself wears the disk out');

    await measured('streams nobody reads', async (endAtMs) => {
      const connection = await link();
      for (let count = 0; connection !== null && count < 300 && performance.now() < endAtMs; count += 1) {
        const opened = inTime(connection.native.openBi(), 200).catch(() => null);
        if ((await opened) === null) break;
        tally('stream opened');
      }
    });

    const large = await measured('control characters', async (endAtMs) => {
      const partsOfOne = 16;
      await attack(endAtMs, (count) => ({
        kind: 'message',
        sequence: Math.floor(count / partsOfOne) + 1,
        sizeBytes: partsOfOne * part.length,
        offset: (count % partsOfOne) * part.length,
        part,
      }));
    });
    const small = await measured('tiny messages', async (endAtMs) => {
      const message = { kind: 'message', sizeBytes: tiny.length, offset: 0, part: tiny } as const;
      await attack(endAtMs, (count) => ({ ...message, sequence: 1_000_000 + count }));
    });
    if (large + small > MAX_WRITTEN_BYTES + 2 * assaultMs * (MEBIBYTE / 1_000)) breach('messages wear the disk out');

    await untilNothingIsWritten(pids);
    const links = await measured('linking anew', async (endAtMs) => {
      while (performance.now() < endAtMs) {
        await link();
        tally('linked anew');
      }
    });
    if (links > seconds * MAX_WEAR_BYTES_PER_SECOND) breach('linking anew wears the disk out');

    const kept = await initiator.call('inbox', honestId);
    if (kept.length !== 1 || kept[0] !== WITNESS) breach("the other device's message is gone");
    await initiator.call('ping', honestId).catch(() => breach('the other device is not reached any more'));
    await initiator.call('take', honestId);
    await initiator.call('unpair', malloryId);
    if (
      (await inTime(
        link().then((late) => late?.ended ?? 'refused'),
        FRAME_MS,
      )) === null
    )
      breach('it is still let in');

    await demandCalm(pids, breach);
    return 'code is spent';
  },
};
