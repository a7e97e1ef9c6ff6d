import { appendFileSync } from 'node:fs';
import type { DeviceDiagnosis, DiagnosisCause } from '@bowline/contracts';
import { expect, it, vi } from 'vitest';
import { machineComponents } from '../../src/command-context.ts';
import { useDaemon } from '../../src/daemon/daemon-client.ts';
import type { FaultRun } from '../support/fault-table.ts';
import type { TestDevice } from '../two-devices.ts';
import type { PairInLab } from './pair-in-lab.ts';

/** Rounds in which every fault is made (`npm run why-table`); 0: the short form, once. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 0);

/** Which of how many equal shares of the stages are run here, such as `0/3`: they mostly wait, and may run beside each other. */
const [SHARE = 0, SHARES = 1] = (process.env.FAULT_SHARE ?? '0/1').split('/').map(Number);

/** What the name of a stage or of a fault must contain to be made; nothing: all are. */
const ONLY = process.env.FAULT_ONLY ?? '';

let stages = 0;

/** One network with two devices, and the faults that are made in it. */
export const stage = (name: string, run: () => Promise<void>): void => {
  const isElsewhere = stages % SHARES !== SHARE;
  stages += 1;
  it.skipIf(isElsewhere)(name, run, STAGE_TIMEOUT_MS);
};

/** A stage all of whose faults are long: the short form does not have it. */
export const longStage: typeof stage = (name, run) => {
  if (ROUNDS > 0) stage(name, run);
};

/** A stage makes several faults one after the other, each named within its time; for the table, many times. */
const STAGE_TIMEOUT_MS = ROUNDS === 0 ? 300_000 : 3 * 3_600_000;

/** Longest time until a fault is named. A name server that is not there takes the system ten seconds, and more the next time. */
const NAMED_WITHIN_MS = 60_000;

const LOOK_INTERVAL_MS = 250;

/** Asked again after it was first right: it must not waver. */
const LOOKS_AFTERWARDS = 3;

const UNANSWERED: DiagnosisCause = {
  cause: 'unanswered',
  side: null,
  certainty: 'unknown',
  sentence: 'It could not be asked.',
};

/** What one of the two devices must say of the other while a fault is there. */
export interface Expectation extends Pick<DeviceDiagnosis, 'cause' | 'side'> {
  /** What the fault is called in the table. */
  readonly fault: string;
  /** Who is asked about the other. @defaultValue `'here'` */
  readonly asked?: 'here' | 'there';
  /** Whether it is what holds beside the cause, such as a disk that is full. @defaultValue false */
  readonly isBeside?: boolean;
  /** What its sentence must have in it, where the cause alone does not say all: a direction, a name. @defaultValue nothing */
  readonly says?: string;
}

/** Something that is wrong for a while, or two things at once; between two faults everything is well. */
export interface Fault {
  /** Left out of the short form, which runs with all other tests. */
  readonly isLong?: boolean;
  make(): Promise<unknown>;
  undo(): Promise<unknown>;
  readonly expected: readonly Expectation[];
}

/** Keeps what came of one fault for the table, where that is wanted. */
const keep = (run: FaultRun): void => {
  const file = process.env.FAULT_RUNS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(run)}\n`);
};

/** What was said of a fault: as the cause, or beside it. What is left out beside it is not known, whatever the cause itself is. */
const saidOf = ({ isBeside = false, cause }: Expectation, diagnosis: DeviceDiagnosis): DiagnosisCause => {
  if (!isBeside) return diagnosis;
  const beside = diagnosis.also.find((each) => each.cause === cause);
  return beside ?? { ...diagnosis, certainty: 'unknown' };
};

/** Waits until a device names the cause, and holds on to it. */
const expectCause = async (device: TestDevice, peer: string, expectation: Expectation): Promise<void> => {
  const { fault, cause, side, says = '' } = expectation;
  await using client = await useDaemon(device.dataDir, machineComponents('error'));
  const beganMs = performance.now();
  const ask = async () => saidOf(expectation, await client.channel.request('explain', { device: peer }));
  const look = async () =>
    expect(await ask(), fault).toMatchObject({ cause, side, sentence: expect.stringContaining(says) });
  let namedAfterMs: number | null = null;
  try {
    await vi.waitFor(look, { timeout: NAMED_WITHIN_MS, interval: LOOK_INTERVAL_MS });
    namedAfterMs = performance.now() - beganMs;
    for (let count = 0; count < LOOKS_AFTERWARDS; count += 1) await look();
  } finally {
    // A device that cannot be asked any more has not named it: that counts, too.
    const said = await ask().catch(() => UNANSWERED);
    const isRight = said.cause === cause && said.side === side && said.sentence.includes(says);
    const { certainty, sentence } = said;
    const { isBeside = false } = expectation;
    keep({ fault, isBeside, isRight, cause: said.cause, side: said.side, certainty, sentence, namedAfterMs });
  }
};

/** Whether the stage that runs is wanted whole. */
const isStageWanted = (): boolean => expect.getState().currentTestName?.includes(ONLY) ?? true;

/** Makes each fault, has it named, and undoes it; goes on after one that was named otherwise, and fails at the end. */
export const nameFaults = async (
  { here, there }: Pick<PairInLab, 'here' | 'there'>,
  faults: readonly Fault[],
): Promise<void> => {
  const isShort = ROUNDS === 0;
  const failures: unknown[] = [];
  const isWanted = ({ isLong, expected }: Fault): boolean =>
    !(isShort && isLong === true) && (isStageWanted() || expected.some(({ fault }) => fault.includes(ONLY)));
  for (let round = 0; round < Math.max(1, ROUNDS); round += 1) {
    for (const { make, undo, expected } of faults.filter(isWanted)) {
      await make();
      for (const expectation of expected) {
        const [asked, peer] = expectation.asked === 'there' ? [there, 'laptop'] : [here, 'phone'];
        await expectCause(asked, peer, expectation).catch((error: unknown) => failures.push(error));
      }
      await undo();
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'));
};
