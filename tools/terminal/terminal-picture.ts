import xterm from '@xterm/headless';

/** What a terminal is to be drawn as. */
export interface Picture {
  /** Every byte that was written to the terminal. */
  readonly said: string;
  readonly columns: number;
  readonly rows: number;
  /** What a reader who cannot see it is told. */
  readonly title: string;
}

const CELL = { width: 8, height: 17 } as const;
/** Where letters stand, from the top of their cell. */
const BASELINE = 13;
const MARGIN = 12;
const FONT = '14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
const PAPER = '#1e1f29';
const INK = '#e4e4ea';

/** The sixteen colours that every terminal has; which tone they have is the terminal's own choice, here this one's. */
const COLOURS = [
  '#16171d',
  '#f4737a',
  '#6fcf8a',
  '#e8c468',
  '#7aa7f7',
  '#c792ea',
  '#67c9d6',
  '#d5d6de',
  '#7d8091',
  '#ff8f95',
  '#8fe3a6',
  '#f4d98b',
  '#9cc0ff',
  '#dcb3f5',
  '#8fdde7',
  '#ffffff',
] as const;

/** Which half of a cell a block character fills, from its top; these are drawn, for fonts leave gaps between them. */
const BLOCKS: Readonly<Record<string, readonly [from: number, to: number]>> = {
  '█': [0, 1],
  '▀': [0, 0.5],
  '▄': [0.5, 1],
};

type Cell = NonNullable<ReturnType<NonNullable<ReturnType<xterm.Terminal['buffer']['active']['getLine']>>['getCell']>>;

interface Drawn {
  readonly text: string;
  readonly ink: string;
  readonly paper: string;
  readonly isBold: boolean;
  readonly width: number;
}

const colourOf = (isDefault: boolean, isPalette: boolean, value: number, otherwise: string): string => {
  if (isDefault) return otherwise;
  if (isPalette) return COLOURS[value] ?? otherwise;
  return `#${value.toString(16).padStart(6, '0')}`;
};

const drawn = (cell: Cell): Drawn => {
  const ink = colourOf(cell.isFgDefault(), cell.isFgPalette(), cell.getFgColor(), INK);
  const paper = colourOf(cell.isBgDefault(), cell.isBgPalette(), cell.getBgColor(), PAPER);
  const shade = cell.isDim() !== 0 ? COLOURS[8] : ink;
  const isInverse = cell.isInverse() !== 0;
  return {
    text: cell.getChars() || ' ',
    ink: isInverse ? paper : shade,
    paper: isInverse ? shade : paper,
    isBold: cell.isBold() !== 0,
    width: cell.getWidth(),
  };
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const rect = (x: number, y: number, width: number, height: number, fill: string): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;

/** Whether a letter stands there: neither nothing nor a block, which is drawn. */
const isWritten = ({ text }: Drawn): boolean => text !== ' ' && BLOCKS[text] === undefined;

type Alike = (one: Drawn, other: Drawn) => boolean;

const isWrittenAlike: Alike = (one, other) => one.ink === other.ink && one.isBold === other.isBold;

const isFilledAlike: Alike = (one, other) =>
  one.paper === other.paper &&
  BLOCKS[one.text] === BLOCKS[other.text] &&
  (BLOCKS[one.text] === undefined || one.ink === other.ink);

/** Cells beside each other that are drawn in one piece. */
const runsOf = (cells: readonly Drawn[], isAlike: Alike) => {
  const runs: { readonly column: number; length: number; readonly first: Drawn }[] = [];
  for (const [column, cell] of cells.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && isAlike(last.first, cell)) last.length += 1;
    else runs.push({ column, length: 1, first: cell });
  }
  return runs;
};

/** One line: paper first, then blocks, then runs of text of one colour, each at its column. */
const lineOf = (cells: readonly Drawn[], row: number): string => {
  const y = MARGIN + row * CELL.height;
  const parts: string[] = [];
  for (const { column, length, first } of runsOf(cells, isFilledAlike)) {
    const [x, width] = [MARGIN + column * CELL.width, length * CELL.width];
    if (first.paper !== PAPER) parts.push(rect(x, y, width, CELL.height, first.paper));
    const [from, to] = BLOCKS[first.text] ?? [0, 0];
    if (to > from) parts.push(rect(x, y + from * CELL.height, width, (to - from) * CELL.height, first.ink));
  }
  for (const { column, length, first } of runsOf(cells, isWrittenAlike)) {
    const run = cells.slice(column, column + length);
    const begin = run.findIndex(isWritten);
    if (begin < 0) continue;
    const written = run.slice(begin, run.findLastIndex(isWritten) + 1);
    // Spaces in a row would be taken for one.
    const text = written.map((each) => (isWritten(each) ? each.text : '\u00a0'.repeat(each.width))).join('');
    const weight = first.isBold ? ' font-weight="bold"' : '';
    const x = MARGIN + (column + begin) * CELL.width;
    const place = `x="${x}" y="${y + BASELINE}" textLength="${written.length * CELL.width}"`;
    parts.push(`<text ${place} lengthAdjust="spacingAndGlyphs" fill="${first.ink}"${weight}>${escaped(text)}</text>`);
  }
  return parts.join('');
};

/** Lets a terminal of that size read what was said, and draws the screen it then shows, without empty lines below. */
export const terminalPicture = async ({ said, columns, rows, title }: Picture): Promise<string> => {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(said, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, row) =>
    Array.from({ length: columns }, (_cell, column) => active.getLine(row)?.getCell(column)).flatMap((cell) =>
      cell === undefined ? [] : [drawn(cell)],
    ),
  );
  terminal.dispose();
  const isEmpty = (line: readonly Drawn[]): boolean => line.every(({ text, paper }) => text === ' ' && paper === PAPER);
  const used = lines.slice(0, lines.findLastIndex((line) => !isEmpty(line)) + 1);
  const [width, height] = [2 * MARGIN + columns * CELL.width, 2 * MARGIN + used.length * CELL.height];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${PAPER}"/>`,
    `<g style='font: ${FONT}'>`,
    ...used.map(lineOf).filter((line) => line !== ''),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
};
