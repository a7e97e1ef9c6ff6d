import type { DiagnosisCause } from '@bowline/contracts';

/** A fault that was made once, and what a device said of it in the end. */
export interface FaultRun extends DiagnosisCause {
  readonly fault: string;
  /** Whether it is said beside the cause. */
  readonly isBeside: boolean;
  readonly isRight: boolean;
  /** From when it was first asked until the cause was named, milliseconds; `null`: it was not. */
  readonly namedAfterMs: number | null;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const isUnknown = ({ isRight, certainty }: FaultRun): boolean => !isRight && certainty === 'unknown';

const row = (runs: readonly FaultRun[]): string => {
  const right = runs.filter(({ isRight }) => isRight);
  const unknown = runs.filter(isUnknown);
  const [shown] = right.length > 0 ? right : runs;
  if (shown === undefined) return '';
  const { fault, cause, side, certainty, isBeside, sentence } = shown;
  const after = median(right.map(({ namedAfterMs }) => namedAfterMs ?? 0)) / 1_000;
  const counts = [right, unknown].map(({ length }) => length);
  const wrong = runs.length - right.length - unknown.length;
  return `| ${fault} | \`${cause}\` | ${side ?? '–'} | ${certainty}${isBeside ? ', beside' : ''} | ${[...counts, wrong].join(' | ')} | ${after.toFixed(1)} s | ${sentence} |`;
};

/** The faults as a document, each in a row, those of one thing first, then two things at once, and nothing at all last. */
export const faultTable = (runs: readonly FaultRun[]): string => {
  const byFault = [...Map.groupBy(runs, ({ fault }) => fault)].toSorted(
    ([a], [b]) => kindOf(a) - kindOf(b) || a.localeCompare(b, 'en'),
  );
  const right = runs.filter(({ isRight }) => isRight).length;
  const unknown = runs.filter(isUnknown).length;
  const confidentlyWrong = runs.filter(({ isRight, certainty }) => !isRight && certainty === 'known').length;
  const faults = byFault.filter(([fault]) => kindOf(fault) < NOTHING);
  const least = Math.min(...byFault.map(([, { length }]) => length));
  const share = ((100 * right) / Math.max(1, runs.length)).toFixed(1);
  return `# Faults, and what is said of them

Each fault is made in a network of namespaces between two paired devices; \`bowline why\` is asked until it names the cause, and
three times more. Made by \`npm run why-table [ROUNDS]\` (as root). "Right" is in how many runs the cause and the side were named
within a minute and kept to, "unknown" in how many it was said that the cause is not known, "wrong" in how many another one was
named. "After" is from when it was first asked until the cause was named (the median), on a machine that does other things as
well; a fault that was there before the devices connected is first asked about once they have. "Beside" is what is said beside
the cause, such as a slow path or a full disk.

${faults.length} faults, ${faults.filter(([fault]) => kindOf(fault) === TWO).length} of them two things at once, and ${byFault.length - faults.length} times nothing; each at least ${least} times, ${runs.length} runs:
right in ${right} (${share} %), unknown in ${unknown}, wrong in ${runs.length - right - unknown}, and wrong with certainty in ${confidentlyWrong}.

| fault | cause | side | certainty | right | unknown | wrong | after | sentence |
|---|---|---|---|---|---|---|---|---|
${byFault.map(([, each]) => row(each)).join('\n')}
`;
};

const TWO = 1;
const NOTHING = 2;

/** Their names say it. */
const kindOf = (fault: string): number => {
  if (fault.startsWith('none: ')) return NOTHING;
  return fault.includes(', and ') ? TWO : 0;
};
