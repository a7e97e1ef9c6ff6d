import type { ReadonlySignal } from '@preact/signals';
import { useWhileInSight } from './in-sight.ts';
import type { Samples } from './sample-history.ts';

interface SparklineProps {
  readonly isInSight: ReadonlySignal<boolean>;
  readonly values: () => Samples;
  /** What a screen reader says; the last value stands beside it as text. */
  readonly label: string;
}

const WIDTH = 160;
const HEIGHT = 32;
const POINTS = 120;

/** Where each point lies, the newest last: the same for every line. */
const PLACES: readonly string[] = Array.from({ length: POINTS }, (_, index) =>
  ((index / (POINTS - 1)) * WIDTH).toFixed(1),
);

/** Tenths: finer than a screen shows. */
const rounded = (value: number): number => Math.round(value * 10) / 10;

const lineOf = (values: Samples): string => {
  let top = 1;
  for (const value of values) if (value !== null && value > top) top = value;
  const first = POINTS - values.length;
  let line = '';
  let isDrawing = false;
  values.forEach((value, index) => {
    if (value !== null) {
      const height = rounded(HEIGHT - 2 - (value / top) * (HEIGHT - 4));
      line += `${isDrawing ? 'L' : 'M'}${PLACES[first + index] ?? ''} ${height}`;
    }
    isDrawing = value !== null;
  });
  return line;
};

/** The last two minutes as a line, with gaps where nothing was measured. */
export const Sparkline = ({ isInSight, values, label }: SparklineProps) => {
  const line = useWhileInSight(isInSight, () => lineOf(values()), '');
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
      <path d={line} />
    </svg>
  );
};
