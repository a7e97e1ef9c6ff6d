import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTopology, type LabLeg } from '@bowline/testing/network-lab';
import { conversationWith, relayOn, untilTestEnds } from '../lab-devices.ts';
import { temporaryFolder } from '../two-devices.ts';
import { longStage, nameFaults } from './fault-lab.ts';
import { type PairInLab, pairInLab } from './pair-in-lab.ts';

/** A radio far from its access point: an answer takes some 20 to 200 ms. */
const RADIO: LabLeg = { delayMs: 10, jitterMs: 90 };

/** A line that is soon full, before which packets queue up. */
const NARROW: LabLeg = { delayMs: 10, bytesPerSecond: 250_000 };

/** Half a minute on that line. */
const LARGE_BYTES = 8_000_000;

/** Enough to be certain of how they are spread. */
const PINGS = 30;

const pairOver = async (leg: LabLeg): Promise<PairInLab> => {
  const { laptop, phone, relay } = await buildTopology({
    kind: 'homes',
    homes: [{ hosts: ['laptop'], leg }, { hosts: ['phone'] }],
    internet: ['relay'],
  }).then(untilTestEnds);
  const { url } = await relayOn(relay);
  const pair = await pairInLab([laptop, phone], ['--relay', url, '--no-mdns']);
  await pair.here.statusWhere(({ peers }) => peers.some(({ path }) => path === 'direct'));
  return pair;
};

/** Paths on which answers come now soon and now late, of which the short form makes nothing. */
export const unevenStages = (): void => {
  const cause = 'slow-jitter';
  longStage('names a path whose round trip swings', async () => {
    const pair = await pairOver(RADIO);
    await nameFaults(pair, [
      {
        make: async () => {
          const daemon = await conversationWith(pair.here);
          for (let count = 0; count < PINGS; count += 1) await daemon.request('ping', { device: 'phone' });
        },
        undo: async () => undefined,
        expected: [
          { fault: 'answers come unevenly, as over a bad radio', isBeside: true, cause, side: 'between' },
          {
            fault: 'answers come unevenly, as over a bad radio, asked there',
            asked: 'there',
            isBeside: true,
            cause,
            side: 'between',
          },
        ],
      },
    ]);
  });

  longStage('names a line that fills up while bytes flow', async () => {
    const pair = await pairOver(NARROW);
    const folder = temporaryFolder();
    const [file, inbox] = [join(folder, 'large'), join(folder, 'inbox')];
    mkdirSync(inbox);
    await pair.there.run('receive', inbox, '--from', 'laptop');
    let pushed: Promise<unknown> = Promise.resolve();
    await nameFaults(pair, [
      {
        make: async () => {
          const daemon = await conversationWith(pair.here);
          for (let count = 0; count < PINGS; count += 1) await daemon.request('ping', { device: 'phone' });
          // What is there already is not sent again.
          writeFileSync(file, randomBytes(LARGE_BYTES));
          pushed = pair.here.run('push', file, 'phone');
        },
        undo: () => pushed,
        expected: [{ fault: 'the line is full of what is pushed', isBeside: true, cause, side: 'between' }],
      },
    ]);
  });
};
