import { useInSight } from './in-sight.ts';

interface SparklineProps {
  readonly values: readonly (number | null)[];
  /** What a screen reader says. */
  readonly label: string;
}

const WIDTH = 160;
const HEIGHT = 32;
const POINTS = 120;

/** The last two minutes as a line, with gaps where nothing was measured. */
export const Sparkline = ({ values, label }: SparklineProps) => {
  const { ref, isInSight } = useInSight<SVGSVGElement>();
  const measured = values.filter((value) => value !== null);
  const top = Math.max(1, ...measured);
  const at = (index: number): number => ((index + POINTS - values.length) / (POINTS - 1)) * WIDTH;
  const path = (isInSight.value ? values : [])
    .map((value, index) => {
      if (value === null) return '';
      const isStart = index === 0 || values[index - 1] === null;
      return `${isStart ? 'M' : 'L'}${at(index).toFixed(1)} ${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`;
    })
    .join('');
  return (
    <svg
      ref={ref}
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      <path d={path} />
    </svg>
  );
};
