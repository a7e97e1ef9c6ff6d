import { socketAddressOf } from '@bowline/contracts';
import { table } from '../output/table.ts';
import type { ShownAt } from './at-argument.ts';
import { type QrTerminal, terminalQr } from './terminal-qr.ts';

interface Offer {
  readonly words: string;
  readonly ticket: string;
  readonly expiresAtMs: number;
  /** Where the code is found beside the usual ways. */
  readonly at: ShownAt | null;
}

const WORDS_A_ROW = 4;

const HOST_NOTE = 'HOST is a name or an address of this machine, as the other device reaches it.';

const placeOption = (at: ShownAt | null): string =>
  at === null ? '' : ` --at ${socketAddressOf(at.host ?? 'HOST', at.port)}`;

/** What a person needs to join from another device: the words, the QR code of the ticket, the ticket itself. */
export const pairingPage = ({ words, ticket, expiresAtMs, at }: Offer, nowMs: number, terminal: QrTerminal): string => {
  const numbered = words.split(' ').map((word, index) => `${String(index + 1).padStart(2)} ${word}`);
  const rows = Array.from({ length: Math.ceil(numbered.length / WORDS_A_ROW) }, (_, row) =>
    numbered.slice(row * WORDS_A_ROW, (row + 1) * WORDS_A_ROW),
  );
  const minutes = Math.max(1, Math.round((expiresAtMs - nowMs) / 60_000));
  // The words come last: on a small terminal the rest has scrolled away by then.
  return [
    '',
    terminalQr(ticket, terminal),
    '',
    ticket,
    '',
    `On the other device, within the next ${minutes === 1 ? 'minute' : `${minutes} minutes`}:`,
    '',
    `  bowline join "${words}"${placeOption(at)}`,
    ...(at !== null && at.host === null ? ['', HOST_NOTE] : []),
    '',
    table(rows.map((row) => ['', ...row])),
    '',
  ].join('\n');
};
