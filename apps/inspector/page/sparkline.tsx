import type { ReadonlySignal } from '@preact/signals';
import { useWhileInSight } from './in-sight.ts';

interface SparklineProps {
  readonly isInSight: ReadonlySignal<boolean>;
  readonly values: () => readonly (number | null)[];
  /** What a screen reader says. */
  readonly label: () => string;
}

const WIDTH = 160;
const HEIGHT = 32;
const POINTS = 120;

const lineOf = (values: readonly (number | null)[]): string => {
  const top = Math.max(1, ...values.filter((value) => value !== null));
  const at = (index: number): number => ((index + POINTS - values.length) / (POINTS - 1)) * WIDTH;
  return values
    .map((value, index) => {
      if (value === null) return '';
      const isStart = index === 0 || values[index - 1] === null;
      return `${isStart ? 'M' : 'L'}${at(index).toFixed(1)} ${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`;
    })
    .join('');
};

/** The last two minutes as a line, with gaps where nothing was measured. */
export const Sparkline = ({ isInSight, values, label }: SparklineProps) => {
  const line = useWhileInSight(isInSight, () => lineOf(values()), '');
  const said = useWhileInSight(isInSight, label, label());
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={said} preserveAspectRatio="none">
      <path d={line} />
    </svg>
  );
};
