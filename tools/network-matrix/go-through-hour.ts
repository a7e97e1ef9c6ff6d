import type { Random } from '@bowline/contracts';
import { writeTimeline } from './failure-file.ts';
import { pairLab, startLab } from './lab.ts';
import { type MessageTally, numberedMessages } from './numbered-messages.ts';
import { HOMES } from './places.ts';
import { randomFaults } from './random-faults.ts';
import { calm } from './run-scenario.ts';

export interface HourInput {
  readonly durationMs: number;
  readonly seed: number;
  readonly randoms: readonly [network: Random, programs: Random];
  readonly failureFolder: string;
}

/** What an hour of faults came to. */
export interface HourOutcome {
  readonly seed: number;
  readonly minutes: number;
  readonly faults: number;
  /** `null` when it could not be told. */
  readonly fromLaptop: MessageTally | null;
  readonly fromPhone: MessageTally | null;
  /** What went wrong, with the file that tells of it; `null`: nothing. */
  readonly failure: { readonly reason: string; readonly file: string } | null;
}

const isWhole = ({ lost, twice, outOfOrder }: MessageTally): boolean =>
  lost.length + twice.length + outOfOrder.length === 0;

/** Lets two devices talk through faults of all kinds, and judges every message. */
export const goThroughHour = async (input: HourInput): Promise<HourOutcome> => {
  const { durationMs, seed, randoms, failureFolder } = input;
  await using lab = await startLab(HOMES);
  await pairLab(lab);
  await calm(lab, { path: 'direct' });
  const [laptop, phone] = lab.devices;
  const talks = [await numberedMessages(laptop, phone), await numberedMessages(phone, laptop)] as const;
  const minutes = durationMs / 60_000;
  let faults = 0;
  let tallies: readonly [MessageTally, MessageTally] | null = null;
  let reason: string | null = null;
  try {
    faults = await randomFaults(lab, randoms, AbortSignal.timeout(durationMs));
    tallies = await Promise.all([talks[0].end(), talks[1].end()]);
    if (!tallies.every(isWhole)) reason = 'messages were lost, came twice, or out of order';
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  const head = {
    hour: { seed, minutes },
    failure: reason,
    again: `npm run test:netns:hour -- --seed ${seed} --minutes ${minutes}`,
    tallies,
  };
  const failure =
    reason === null ? null : { reason, file: writeTimeline(failureFolder, `hour-${seed}`, head, lab.timeline) };
  return { seed, minutes, faults, fromLaptop: tallies?.[0] ?? null, fromPhone: tallies?.[1] ?? null, failure };
};
