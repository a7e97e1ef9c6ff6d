import { styleText } from 'node:util';
import { isolated } from '@bowline/diagnosis/phrases';
import { cutToWidth, displayWidth } from './display-width.ts';
import { PLAIN_LOOK, type TerminalLook } from './terminal-look.ts';
import { visibleText } from './visible-text.ts';

/** What a state is worth to whoever reads it. */
export type Tone = 'good' | 'busy' | 'bad' | 'quiet';

/** One field of a table; its text may be what another device said. */
export type Cell = string | { readonly text: string; readonly tone: Tone | null };

const STYLES = { good: 'green', busy: 'yellow', bad: 'red', quiet: 'dim' } as const;

/** Columns between two fields. */
const GAP = '  ';

/** Narrower than this a field says nothing. */
const MIN_COLUMN_WIDTH = 8;

/** Text in the colour of its tone, where there are colours. Text that others said must be made visible before. */
export const toned = (text: string, tone: Tone | null, { hasColors }: TerminalLook): string =>
  tone === null || !hasColors ? text : styleText(STYLES[tone], text, { validateStream: false });

/** Without isolates: a field is one by itself, once it is cut. */
const textOf = (cell: Cell): string =>
  visibleText(typeof cell === 'string' ? cell : cell.text)
    .replaceAll('\n', ' ')
    .replace(/[\u2068\u2069]/gu, '');

const toneOf = (cell: Cell): Tone | null => (typeof cell === 'string' ? null : cell.tone);

/** Takes from the widest column, one at a time, until the line fits. */
const fittedWidths = (widths: readonly number[], columns: number | undefined): readonly number[] => {
  const fitted = [...widths];
  let excess = fitted.reduce((sum, width) => sum + width, (fitted.length - 1) * GAP.length) - (columns ?? Infinity);
  while (excess > 0) {
    const widest = Math.max(...fitted);
    if (widest <= MIN_COLUMN_WIDTH) break;
    fitted[fitted.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return fitted;
};

/**
 * Rows as left-aligned columns two spaces apart, cut to the width of the terminal where that is known; the last column is
 * not padded. Everything a terminal would act upon is made visible, so the result may be drawn.
 */
export const table = (rows: readonly (readonly Cell[])[], look: TerminalLook = PLAIN_LOOK): string => {
  const texts = rows.map((row) => row.map(textOf));
  const natural = texts.reduce<number[]>((known, row) => {
    for (const [column, text] of row.entries()) known[column] = Math.max(known[column] ?? 0, displayWidth(text));
    return known;
  }, []);
  const widths = fittedWidths(natural, look.columns);
  const line = (row: readonly Cell[], index: number): string =>
    row
      .map((cell, column) => {
        const text = cutToWidth(texts[index]?.[column] ?? '', widths[column] ?? 0);
        const padding = column === row.length - 1 ? '' : ' '.repeat((widths[column] ?? 0) - displayWidth(text));
        return toned(isolated(text), toneOf(cell), look) + padding;
      })
      .join(GAP)
      .trimEnd();
  return rows.map(line).join('\n');
};
