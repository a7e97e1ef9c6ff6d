import { styleText } from 'node:util';
import { generate } from 'lean-qr';
import type { TerminalLook } from '../output/terminal-look.ts';

/** Modules of light around the code. The standard asks for four; cameras are content with two, and columns are few. */
const QUIET_MODULES = 2;

/** Bytes of the largest QR code (version 40, error correction L, byte mode). */
const MAX_QR_BYTES = 2_953;

/** A text as a QR code, or as much room as it would need. */
export type TerminalQr =
  | { readonly drawn: string }
  | { readonly needs: { readonly columns: number; readonly rows: number } | null };

/**
 * A QR code of half blocks, two modules a character, with a line break between rows. `needs` where it does not fit; `null`
 * when no QR code holds so much.
 */
export const terminalQr = (text: string, { columns, rows, hasColors }: TerminalLook): TerminalQr => {
  if (text.length > MAX_QR_BYTES) return { needs: null };
  const code = generate(text);
  const width = code.size + 2 * QUIET_MODULES;
  const height = Math.ceil(width / 2);
  // The line with the cursor is one of the terminal's.
  if ((columns ?? width) < width || (rows ?? height + 1) <= height)
    return { needs: { columns: width, rows: height + 1 } };
  const isDark = (x: number, y: number): boolean => Boolean(code.get(x, y));
  const lines: string[] = [];
  for (let y = -QUIET_MODULES; y < code.size + QUIET_MODULES; y += 2) {
    let line = '';
    for (let x = -QUIET_MODULES; x < code.size + QUIET_MODULES; x += 1) {
      line += halfBlock(isDark(x, y), isDark(x, y + 1));
    }
    lines.push(hasColors ? styleText(['whiteBright', 'bgBlack'], line, { validateStream: false }) : line);
  }
  return { drawn: lines.join('\n') };
};

const halfBlock = (isUpperDark: boolean, isLowerDark: boolean): string => {
  if (isUpperDark) return isLowerDark ? ' ' : '▄';
  return isLowerDark ? '▀' : '█';
};
