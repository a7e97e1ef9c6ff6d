import type { ChartTransition, MachineChart, MachineTransition } from '@bowline/contracts';
import { useMemo } from 'preact/hooks';
import { type Box, layoutOf, leafOf } from './machine-layout.ts';

/** How far an arrow bends aside, so that the way there and the way back are two. */
const BEND = 16;

const centreOf = ({ x, y, width, height }: Box): readonly [number, number] => [x + width / 2, y + height / 2];

/** Where the line from the centre of a box towards a point leaves the box. */
const borderPoint = (box: Box, [toX, toY]: readonly [number, number]): readonly [number, number] => {
  const [x, y] = centreOf(box);
  const [dx, dy] = [toX - x, toY - y];
  const scale = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : box.width / 2 / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : box.height / 2 / Math.abs(dy),
  );
  return [x + dx * scale, y + dy * scale];
};

const arrowPath = (from: Box, to: Box): string => {
  const [fromX, fromY] = centreOf(from);
  const [toX, toY] = centreOf(to);
  const length = Math.hypot(toX - fromX, toY - fromY) || 1;
  const middle = [
    (fromX + toX) / 2 - ((toY - fromY) / length) * BEND,
    (fromY + toY) / 2 + ((toX - fromX) / length) * BEND,
  ] as const;
  const [startX, startY] = borderPoint(from, middle);
  const [endX, endY] = borderPoint(to, middle);
  return `M${startX} ${startY}Q${middle[0]} ${middle[1]} ${endX} ${endY}`;
};

/** What an arrow says: its event, and its condition in brackets. */
export const arrowText = ({ by, guard }: Pick<ChartTransition, 'by' | 'guard'>): string =>
  guard === null ? by : `${by} [${guard}]`;

/** Whether a session that went from `from` took this arrow, which may start at a state around it. */
const isTaken = (arrow: ChartTransition, last: MachineTransition, leaf: string): boolean =>
  arrow.by === last.by &&
  leaf === last.to &&
  last.from !== null &&
  (last.from === arrow.from || last.from.startsWith(`${arrow.from}.`));

/** A machine as a chart, with how many sessions stand where and the transition that was last. */
export const MachineDrawing = ({
  chart,
  countAt,
  last,
}: {
  readonly chart: MachineChart;
  readonly countAt: ReadonlyMap<string, number>;
  readonly last: MachineTransition | null;
}) => {
  const layout = useMemo(() => layoutOf(chart), [chart]);
  const boxes = new Map([...layout.groups, ...layout.leaves].map((box) => [box.id, box]));
  const finals = new Set(chart.states.filter(({ isFinal }) => isFinal).map(({ id }) => id));
  const standing = [...countAt].map(([state, count]) => `${state}: ${count}`).join(', ');
  return (
    <svg
      class="chart"
      role="img"
      aria-label={`The machine ${chart.machine}; ${standing === '' ? 'no session' : standing}`}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      width={layout.width}
      height={layout.height}
    >
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0L8 4L0 8z" />
        </marker>
      </defs>
      {layout.groups.map((group) => (
        <g key={group.id} class="group">
          <rect x={group.x} y={group.y} width={group.width} height={group.height} rx="8" />
          <text x={group.x + 10} y={group.y + 16}>
            {group.id}
          </text>
        </g>
      ))}
      {chart.transitions.map((arrow, at) => {
        const leaf = arrow.to === null ? null : leafOf(chart.states, arrow.to);
        const [from, to] = [boxes.get(arrow.from), leaf === null ? undefined : boxes.get(leaf)];
        if (from === undefined || to === undefined || leaf === null || from === to) return null;
        const isLast = last !== null && isTaken(arrow, last, leaf);
        return (
          <path key={at} class={isLast ? 'arrow taken' : 'arrow'} d={arrowPath(from, to)} marker-end="url(#arrow)">
            <title>{arrowText(arrow)}</title>
          </path>
        );
      })}
      {layout.leaves.map((box) => {
        const count = countAt.get(box.id) ?? 0;
        return (
          <g key={box.id} class={`leaf${count > 0 ? ' standing' : ''}${finals.has(box.id) ? ' final' : ''}`}>
            <rect x={box.x} y={box.y} width={box.width} height={box.height} rx="6" />
            <text x={box.x + box.width / 2} y={box.y + box.height / 2 + 4} text-anchor="middle">
              {box.id.split('.').at(-1)}
              {count > 1 ? ` (${count})` : ''}
            </text>
          </g>
        );
      })}
    </svg>
  );
};
