import { socketAddressOf } from '@bowline/contracts';
import { formatTicket, parseCode } from '@bowline/pairing-code';
import { table } from '../output/table.ts';
import type { TerminalLook } from '../output/terminal-look.ts';
import type { ShownAt } from './at-argument.ts';
import { terminalQr } from './terminal-qr.ts';

interface Offer {
  readonly words: string;
  readonly ticket: string;
  readonly expiresAtMs: number;
  /** Where the code is found beside the usual ways. */
  readonly at: ShownAt | null;
}

/** Columns of a number, a space and the longest word, and of the gap behind them. */
const CELL_COLUMNS = 13;

/** Words in one row where there is room. Twelve can be divided by each number up to it. */
const MAX_WORDS_A_ROW = 4;

const HOST_NOTE = 'HOST is a name or an address of this machine, as the other device reaches it.';

const placeOption = (at: ShownAt | null): string =>
  at === null ? '' : ` --at ${socketAddressOf(at.host ?? 'HOST', at.port)}`;

/** What a person needs to join from another device: the QR code of the ticket, the ticket itself, and the words. */
export const pairingPage = ({ words, ticket, expiresAtMs, at }: Offer, nowMs: number, look: TerminalLook): string => {
  const numbered = words.split(' ').map((word, index) => `${String(index + 1).padStart(2)} ${word}`);
  const room = Math.floor((look.columns ?? Infinity) / CELL_COLUMNS);
  const wordsARow = Math.max(1, Math.min(MAX_WORDS_A_ROW, room));
  const rows = Array.from({ length: Math.ceil(numbered.length / wordsARow) }, (_, row) =>
    numbered.slice(row * wordsARow, (row + 1) * wordsARow),
  );
  const minutes = Math.max(1, Math.round((expiresAtMs - nowMs) / 60_000));
  // The words come last: on a small terminal the rest has scrolled away by then.
  return [
    '',
    qrPart(ticket, look),
    '',
    // In one piece, so that a click selects all of it; the terminal breaks it.
    ticket,
    '',
    `On the other device, within the next ${minutes === 1 ? 'minute' : `${minutes} minutes`}, run`,
    '',
    `  bowline join${placeOption(at)}`,
    ...(at !== null && at.host === null ? ['', HOST_NOTE] : []),
    '',
    'and enter these words (or paste the ticket above):',
    '',
    table(rows),
    '',
  ].join('\n');
};

/** The whole ticket where it fits, the code alone where that does, and how to see the rest. */
const qrPart = (ticket: string, look: TerminalLook): string => {
  const whole = terminalQr(ticket, look);
  if ('drawn' in whole) return whole.drawn;
  if (whole.needs === null) return 'The ticket is too long for a QR code; copy it, or use the words.';
  const { columns, rows } = whole.needs;
  const room = `The QR code of the ticket needs ${columns} columns and ${rows} lines`;
  const small = terminalQr(ticketOfCodeAlone(ticket), look);
  return 'drawn' in small
    ? `${small.drawn}\n\nThis QR code holds the words alone. ${room}: enlarge the window,\nor make its letters smaller, and start again.`
    : `${room}: enlarge the window,\nor make its letters smaller, and start again; or use the words.`;
};

const ticketOfCodeAlone = (ticket: string): string =>
  formatTicket({
    entropy: parseCode(ticket).entropy,
    endpointId: null,
    relays: [],
    directAddresses: [],
    deviceName: null,
    expiresAtMs: null,
  });
