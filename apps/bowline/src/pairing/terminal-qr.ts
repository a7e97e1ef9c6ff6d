import { styleText } from 'node:util';
import { generate } from 'lean-qr';

/** Modules of light around the code. The standard asks for four; cameras are content with two, and columns are few. */
const QUIET_MODULES = 2;

/** Bytes of the largest QR code (version 40, error correction L, byte mode). */
const MAX_QR_BYTES = 2_953;

/** Where a QR code is shown. */
export interface QrTerminal {
  /** Characters a line holds; `undefined` where that is not known. */
  readonly columns: number | undefined;
  /** Whether colours may be used. Without them it is dark on light only where the terminal writes light on dark. */
  readonly hasColors: boolean;
}

/** A QR code of half blocks, two modules a character, with a line break between rows; a sentence where it does not fit. */
export const terminalQr = (text: string, { columns, hasColors }: QrTerminal): string => {
  if (text.length > MAX_QR_BYTES) return 'The ticket is too long for a QR code; copy it, or use the words.';
  const code = generate(text);
  const width = code.size + 2 * QUIET_MODULES;
  if (columns !== undefined && columns < width) {
    return `The QR code needs ${width} columns, and this terminal has ${columns}: widen it and start again, or use the words.`;
  }
  const isDark = (x: number, y: number): boolean => Boolean(code.get(x, y));
  const rows: string[] = [];
  for (let y = -QUIET_MODULES; y < code.size + QUIET_MODULES; y += 2) {
    let row = '';
    for (let x = -QUIET_MODULES; x < code.size + QUIET_MODULES; x += 1) {
      row += halfBlock(isDark(x, y), isDark(x, y + 1));
    }
    rows.push(hasColors ? styleText(['whiteBright', 'bgBlack'], row, { validateStream: false }) : row);
  }
  return rows.join('\n');
};

const halfBlock = (isUpperDark: boolean, isLowerDark: boolean): string => {
  if (isUpperDark) return isLowerDark ? ' ' : '▄';
  return isLowerDark ? '▀' : '█';
};
