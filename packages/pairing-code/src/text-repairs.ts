/** Undoes one thing that mailers, chats, note apps and word processors do to a text, at the risk of spoiling another. */
export type TextRepair = (text: string) => string;

/** Marks of quoted mail and the numbers of an editor's lines. */
const withoutLinePrefixes: TextRepair = (text) =>
  text.replace(/^[ \t]*(?:[a-z]{0,4}[ \t]?[>|]+[ \t]*)+|^[ \t]*\d{1,4}[ \t]*[.):|]?[ \t]+/gim, '');

const withoutTags: TextRepair = (text) => text.replace(/<\/?[a-z][a-z0-9]{0,10}(?:[ \t\n][^<>]{0,2048})?\/?>/gi, '');

const withoutQuotedPrintable: TextRepair = (text) =>
  text
    .replace(/=[ \t]{0,8}\n/g, '')
    .replace(/=([2-7][0-9a-f])/gi, (_whole, digits) => String.fromCharCode(Number.parseInt(digits, 16)));

const withoutHyphenation: TextRepair = (text) => text.replace(/[-‐][ \t]{0,8}\n[ \t]{0,80}/g, '');

/** Word processors make one dash of two hyphens, or of one. */
const withDashesAs =
  (enDash: string, emDash: string): TextRepair =>
  (text) =>
    text.replace(/[‐‒−]/g, '-').replaceAll('–', enDash).replaceAll('—', emDash);

/** The other alphabet of base64, as some gateways rewrite it. */
const withUrlAlphabet: TextRepair = (text) => text.replaceAll('+', '-').replace(/(?<!\/)\/(?!\/)/g, '_');

/** What may have been done to a ticket, most likely first; the checksum tells which it was. */
export const TICKET_REPAIRS: readonly TextRepair[] = [
  (text) => text,
  withoutLinePrefixes,
  withoutQuotedPrintable,
  withoutTags,
  withDashesAs('-', '--'),
  withDashesAs('--', '--'),
  withDashesAs('-', '-'),
  withUrlAlphabet,
  withoutHyphenation,
];

/** A line that ended within a word. */
const withoutBreaksInWords: TextRepair = (text) => text.replace(/(?<=\p{L})[ \t]{0,8}\n(?=\p{L})/gu, '');

/** What may have been done to words, most likely first. */
export const WORD_REPAIRS: readonly TextRepair[] = [
  (text) => text,
  withoutTags,
  withoutHyphenation,
  withoutBreaksInWords,
  withoutQuotedPrintable,
  withoutLinePrefixes,
];
