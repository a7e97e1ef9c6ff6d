import type { ScenarioResult } from './results-page.ts';

const ROW_PX = 18;
const NAMES_PX = 380;
const PLOT_PX = 420;
const HEAD_PX = 30;

/** Both ends of the axis, milliseconds; it is logarithmic. */
const [LEAST_MS, MOST_MS] = [10, 100_000];

const TICKS_MS = [10, 100, 1_000, 2_000, 5_000, 10_000, 100_000];

const x = (durationMs: number): number => {
  const within = Math.min(MOST_MS, Math.max(LEAST_MS, durationMs));
  return Math.round(NAMES_PX + (PLOT_PX * Math.log(within / LEAST_MS)) / Math.log(MOST_MS / LEAST_MS));
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** The results as a picture: a line from the median to the worst, thick up to the 95th of a hundred; red where a goal is missed. */
export const resultsPicture = (results: readonly ScenarioResult[]): string => {
  const heightPx = HEAD_PX + results.length * ROW_PX + 10;
  const ticks = TICKS_MS.map((tickMs) => {
    const label = tickMs < 1_000 ? `${tickMs} ms` : `${tickMs / 1_000} s`;
    return `<line x1="${x(tickMs)}" x2="${x(tickMs)}" y1="${HEAD_PX - 6}" y2="${heightPx}" stroke="#ccc"/><text x="${x(tickMs)}" y="${HEAD_PX - 10}" text-anchor="middle">${label}</text>`;
  });
  const rows = results.map(({ scenario, p50Ms, p95Ms, worstMs, isWithinBounds }, index) => {
    const y = HEAD_PX + index * ROW_PX + ROW_PX / 2;
    const colour = isWithinBounds ? '#2a6f4e' : '#b3261e';
    return `<text x="${NAMES_PX - 8}" y="${y + 4}" text-anchor="end">${escaped(scenario.name)}</text>
<line x1="${x(p50Ms)}" x2="${x(worstMs)}" y1="${y}" y2="${y}" stroke="${colour}"/>
<line x1="${x(p50Ms)}" x2="${x(p95Ms)}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="5"/>
<circle cx="${x(p50Ms)}" cy="${y}" r="4" fill="${colour}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${NAMES_PX + PLOT_PX + 30}" height="${heightPx}" font-family="sans-serif" font-size="11">
<title>Seconds until two devices are connected again after each fault: half of all runs, 95 in 100, and the worst</title>
<rect width="100%" height="100%" fill="#fff"/>
${ticks.join('\n')}
${rows.join('\n')}
</svg>
`;
};
