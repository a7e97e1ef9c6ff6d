import type { DeviceDiagnosis } from '@bowline/contracts';

/** A fault that was made once, and what a device said of it in the end. */
export interface FaultRun extends Pick<DeviceDiagnosis, 'cause' | 'side' | 'certainty' | 'sentence'> {
  readonly fault: string;
  readonly isRight: boolean;
  /** From when it was first asked until the cause was named, milliseconds; `null`: it was not. */
  readonly namedAfterMs: number | null;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const row = (runs: readonly FaultRun[]): string => {
  const right = runs.filter(({ isRight }) => isRight);
  const [shown] = right.length > 0 ? right : runs;
  if (shown === undefined) return '';
  const { fault, cause, side, certainty, sentence } = shown;
  const after = median(right.map(({ namedAfterMs }) => namedAfterMs ?? 0)) / 1_000;
  const count = `${right.length} of ${runs.length}`;
  return `| ${fault} | \`${cause}\` | ${side ?? '–'} | ${certainty} | ${count} | ${after.toFixed(1)} s | ${sentence} |`;
};

/** The faults as a document, each in a row, in the order in which they were first made. */
export const faultTable = (runs: readonly FaultRun[]): string => {
  const byFault = Map.groupBy(runs, ({ fault }) => fault);
  const right = runs.filter(({ isRight }) => isRight).length;
  const confidentlyWrong = runs.filter(({ isRight, certainty }) => !isRight && certainty === 'known').length;
  return `# Faults, and what is said of them

Each fault is made in a network of namespaces between two paired devices; \`bowline why\` is asked until it names the cause, and
three times more. Made by \`npm run why-table [RUNS]\` (as root). "Right" is in how many runs the cause and the side were named
within a minute and kept to. "After" is from when it was first asked until the cause was named (the median), on a machine that
does other things as well; a fault that was there before the devices connected is first asked about once they have.

${byFault.size} faults, ${runs.length} runs: right in ${right} (${((100 * right) / Math.max(1, runs.length)).toFixed(1)} %), and wrong with certainty in ${confidentlyWrong}.

| fault | cause | side | certainty | right | after | sentence |
|---|---|---|---|---|---|---|
${[...byFault.values()].map(row).join('\n')}
`;
};
