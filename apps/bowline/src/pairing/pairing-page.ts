import { generate } from 'lean-qr';
import { table } from '../output/table.ts';

interface Offer {
  readonly words: string;
  readonly ticket: string;
  readonly expiresAtMs: number;
}

const WORDS_A_ROW = 4;

/** What a person needs to join from another device: the words, the QR code of the ticket, the ticket itself. */
export const pairingPage = ({ words, ticket, expiresAtMs }: Offer, nowMs: number): string => {
  const numbered = words.split(' ').map((word, index) => `${String(index + 1).padStart(2)} ${word}`);
  const rows = Array.from({ length: Math.ceil(numbered.length / WORDS_A_ROW) }, (_, row) =>
    numbered.slice(row * WORDS_A_ROW, (row + 1) * WORDS_A_ROW),
  );
  const minutes = Math.max(1, Math.round((expiresAtMs - nowMs) / 60_000));
  return [
    '',
    `On the other device, within the next ${minutes === 1 ? 'minute' : `${minutes} minutes`}:`,
    '',
    `  bowline join "${words}"`,
    '',
    table(rows.map((row) => ['', ...row])),
    '',
    terminalQr(ticket) ?? 'The ticket is too long for a QR code; copy it, or use the words.',
    '',
    ticket,
    '',
  ].join('\n');
};

/** Bytes of the largest QR code (version 40, error correction L, byte mode). */
const MAX_QR_BYTES = 2_953;

/** Two modules a character, dark on light in any colour scheme, with the quiet zone that scanners need; `null` for what fits in none. */
const terminalQr = (text: string): string | null => {
  if (text.length > MAX_QR_BYTES) return null;
  const code = generate(text);
  const quiet = 2;
  const isDark = (x: number, y: number): boolean => Boolean(code.get(x, y));
  const lines: string[] = [];
  for (let y = -quiet; y < code.size + quiet; y += 2) {
    let line = '';
    for (let x = -quiet; x < code.size + quiet; x += 1) {
      const upper = isDark(x, y);
      const lower = isDark(x, y + 1);
      line += upper ? (lower ? ' ' : '▄') : lower ? '▀' : '█';
    }
    lines.push(line);
  }
  return lines.join('\n');
};
