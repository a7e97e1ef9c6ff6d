/** Undoes one thing that mailers, chats, note apps and word processors do to a text, at the risk of spoiling another. */
export type TextRepair = (text: string) => string;

/** Marks of quoted mail and the numbers of an editor's lines. */
const withoutLinePrefixes: TextRepair = (text) =>
  text.replace(/^[ \t]*(?:[a-z]{0,4}[ \t]?[>|]+[ \t]*)+|^[ \t]*\d{1,4}[ \t]*[.):|]?[ \t]+/gim, '');

/** Titles of columns are words of the list, too: "Word", "Position". */
const withoutTitles: TextRepair = (text) =>
  text
    .replace(/^[^\n]{0,400}\n(?=[ \t]*(?:[|+][ \t]*:?-|:?--)[-|+: \t]*$)/gm, '')
    .replace(/<th(?:[ \t\n][^<>]{0,2048})?>[^<>]{0,400}<\/th>/gi, '');

/** Tags between words, which part them. */
const withSpacesForTags: TextRepair = (text) =>
  withoutTitles(text).replace(/<\/?[a-z][a-z0-9]{0,10}(?:[ \t\n][^<>]{0,2048})?\/?>/gi, ' ');

/** Line ends and tabs as programs write them within a string. */
const withoutEscapes: TextRepair = (text) => text.replace(/\\(?:[nrt]|x(?:20|09|0[ad])|u00(?:20|09|0[ad]))/gi, '\n');

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
  withoutEscapes,
  withoutTags,
  withDashesAs('-', '--'),
  withDashesAs('--', '--'),
  withDashesAs('-', '-'),
  withUrlAlphabet,
  withoutHyphenation,
];

/** Letters that other alphabets share with ours in looks, and the small capitals of phonetics. */
const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['аеорсухіјѕһԁԛԝкмтвн', 'aeopcyxijshdqwkmtbh'],
    ['αειικνορτυχγ', 'aeiiknoptuxy'],
    ['ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ', 'abcdefghijklmnopqrstuvwyz'],
  ].flatMap(([from = '', to = '']) => [...from].map((letter, index) => [letter, [...to][index] ?? ''])),
);

const withoutLookalikes: TextRepair = (text) =>
  text.toLowerCase().replace(/[^\p{ASCII}]/gu, (letter) => LOOKALIKES[letter] ?? letter);

/** A space between any two letters, and more between words, as some PDF files are copied. */
const withoutLetterSpacing: TextRepair = (text) => text.replace(/(?<=(?<!\p{L})\p{L}) (?=\p{L}(?!\p{L}))/gu, '');

/** A line that ended within a word. */
const withoutBreaksInWords: TextRepair = (text) => text.replace(/(?<=\p{L})[ \t]{0,8}\n(?=\p{L})/gu, '');

/** What may have been done to words, most likely first. */
export const WORD_REPAIRS: readonly TextRepair[] = [
  withoutTitles,
  withSpacesForTags,
  (text) => text,
  withoutTags,
  withoutHyphenation,
  withoutBreaksInWords,
  withoutQuotedPrintable,
  withoutLinePrefixes,
  withoutEscapes,
  withoutLookalikes,
  withoutLetterSpacing,
];
