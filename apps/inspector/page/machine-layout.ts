import type { ChartState, MachineChart } from '@bowline/contracts';

export interface Box {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** States without states within. */
  readonly leaves: readonly Box[];
  /** States around others, each with what is within. */
  readonly groups: readonly Box[];
}

const BOX = { width: 132, height: 36 } as const;
const GAP = { x: 44, y: 18 } as const;
const MARGIN = 12;
const TITLE_HEIGHT = 20;

/** The state a transition to `id` comes to first: `live` is `live.offering`. */
export const leafOf = (states: readonly ChartState[], id: string): string => {
  const first = states.find(({ parent, isInitial }) => parent === id && isInitial);
  return first === undefined ? id : leafOf(states, first.id);
};

/** How many steps each leaf of a band is from where the band begins. */
const ranksOf = ({ states, transitions }: MachineChart, band: readonly string[]): ReadonlyMap<string, number> => {
  const steps = transitions.flatMap(({ from, to }) => (to === null ? [] : [{ from, to: leafOf(states, to) }]));
  const entered = band.filter((id) => states.some((state) => state.id === id && state.isInitial));
  const ranks = new Map((entered.length > 0 ? entered : band.slice(0, 1)).map((id) => [id, 0]));
  // Breadth first: the map is walked while it grows.
  for (const [id, rank] of ranks) {
    for (const { from, to } of steps) if (from === id && band.includes(to) && !ranks.has(to)) ranks.set(to, rank + 1);
  }
  const beyond = Math.max(...ranks.values()) + 1;
  for (const id of band) if (!ranks.has(id)) ranks.set(id, beyond);
  return ranks;
};

/** Places the states of a machine: each group in a band of its own, those outside of groups in the last one. Pure. */
export const layoutOf = (chart: MachineChart): Layout => {
  const { states } = chart;
  const hasChildren = (id: string): boolean => states.some(({ parent }) => parent === id);
  const top = states.filter(({ parent }) => parent === null);
  const groups = top.filter(({ id }) => hasChildren(id));
  const isLeafWithin = (id: string, group: string): boolean => id.startsWith(`${group}.`) && !hasChildren(id);
  const bands = [
    ...groups.map(({ id: group }) => ({
      group,
      ids: states.filter(({ id }) => isLeafWithin(id, group)).map(({ id }) => id),
    })),
    { group: null, ids: top.filter(({ id }) => !hasChildren(id)).map(({ id }) => id) },
  ].filter(({ ids }) => ids.length > 0);

  const leaves: Box[] = [];
  const around: Box[] = [];
  let y = MARGIN;
  let right = 0;
  for (const { group, ids } of bands) {
    const ranks = ranksOf(chart, ids);
    const lanes = new Map<number, number>();
    const topY = y + (group === null ? 0 : TITLE_HEIGHT + 6);
    const placed = ids.map((id) => {
      const rank = ranks.get(id) ?? 0;
      const lane = lanes.get(rank) ?? 0;
      lanes.set(rank, lane + 1);
      return { id, x: 2 * MARGIN + rank * (BOX.width + GAP.x), y: topY + lane * (BOX.height + GAP.y), ...BOX };
    });
    leaves.push(...placed);
    const bandRight = Math.max(...placed.map(({ x }) => x)) + BOX.width;
    const bottom = Math.max(...placed.map((box) => box.y)) + BOX.height;
    if (group !== null) {
      around.push({ id: group, x: MARGIN, y, width: bandRight, height: bottom + MARGIN - y });
    }
    right = Math.max(right, bandRight);
    y = bottom + MARGIN + GAP.y + 8;
  }
  return { width: right + 2 * MARGIN, height: y, leaves, groups: around };
};
