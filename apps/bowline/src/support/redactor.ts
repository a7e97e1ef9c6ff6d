/** Replaces what leads to a person, a device or a place by words that keep one apart from another. */
export interface Redactor {
  /** Anything that JSON holds; keys stay as they are. */
  redact(value: unknown): unknown;
}

/** Fields whose text names a device or a person, whatever stands in it. */
const NAME_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'fromName',
  'deviceName',
  'previousName',
  'hostname',
  'dataDir',
  'dir',
  'file',
]);

/** Fields that are left out altogether: what they hold is a secret, or what people wrote to each other. */
const SECRET_FIELDS =
  /token|secret|password|passphrase|words|ticket|code$|authentication|proof|payload|text|bytesBase64|content|key$/i;

/** Fields that end like a secret's name and are none. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set(['code', 'key']);

/** What is recognized wherever it stands in a text. Order matters: an address within a URL goes with the URL. */
const PATTERNS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['url', /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)\]]+/gi],
  ['device', /\bd-[0-9a-z]{16}\b/g],
  ['endpoint', /\b[0-9a-f]{64}\b/gi],
  // A long run of letters and digits is a key, a digest or a token.
  ['secret', /\b[A-Za-z0-9_-]{32,}\b/g],
  // An interface that is named after its hardware address, or by a container's id.
  ['interface', /\b(?:(?:en|wl|ww|ib)x|br-|veth)[0-9a-f]{6,16}\b/gi],
  ['path', /(?:^|(?<=[\s"'(]))(?:\/[^\s"'):]+){2,}|[A-Za-z]:\\[^\s"']+/g],
  // IPv6, with an IPv4 address at its end or an interface behind it, and hardware addresses.
  [
    'address',
    /\[?(?:[0-9a-f]{0,4}:){2,7}(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-f]{0,4})(?:%[\w.-]+)?\]?(?::[0-9]{1,5})?/gi,
  ],
  ['address', /\b(?:[0-9a-f]{2}-){5}[0-9a-f]{2}\b/gi],
  ['address', /\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?::[0-9]{1,5})?\b/g],
  // What the program runs on leads to nobody, and is needed.
  [
    'host',
    /(?<![\p{L}\p{N}])(?!Node\.js\b)(?:[\p{L}\p{N}_-]+\.)+(?:xn--[a-z0-9-]{2,59}|\p{L}{2,24})(?![\p{L}\p{N}])/giu,
  ],
];

/** Fields that hold names of things in the software, dotted as hosts are: `relay.stateChanged`. Elsewhere that may be a host. */
const OWN_WORD_FIELDS: ReadonlySet<string> = new Set([
  'event',
  'kind',
  'fact',
  'cause',
  'state',
  'from',
  'to',
  'by',
  'code',
]);

/** What such a name looks like: ours, or one of XState's own. */
const OWN_WORD = /^(?:[A-Za-z*]+(?:\.[A-Za-z]+)*|xstate\.[\w.-]+)$/;

/** A name of a letter or two is one only where it stands by itself: everything else has such letters in it. */
const SHORT_NAME_CHARACTERS = 2;

const withoutName = (text: string, name: string, standIn: string): string => {
  if ([...name].length > SHORT_NAME_CHARACTERS) return text.replaceAll(name, standIn);
  const isWordPart = /[\p{L}\p{N}]/u;
  return text
    .split(name)
    .reduce((before, after) =>
      isWordPart.test(before.at(-1) ?? '') || isWordPart.test(after.at(0) ?? '')
        ? `${before}${name}${after}`
        : `${before}${standIn}${after}`,
    );
};

/** @param known texts that are recognized wherever they stand: names of devices, of this machine and its user */
export const redactor = (known: readonly string[]): Redactor => {
  const given = new Map<string, string>();
  const counts = new Map<string, number>();
  const names = [...new Set(known)].filter((text) => text !== '').toSorted((a, b) => b.length - a.length);

  const standIn = (kind: string, text: string): string => {
    const key = `${kind} ${text.toLowerCase()}`;
    const before = given.get(key);
    if (before !== undefined) return before;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const word = `<${kind} ${count}>`;
    given.set(key, word);
    return word;
  };

  const redactText = (text: string): string => {
    let redacted = text;
    for (const name of names) redacted = withoutName(redacted, name, standIn('name', name));
    for (const [kind, pattern] of PATTERNS) {
      redacted = redacted.replace(pattern, (found) => {
        return /^[:.]*$/.test(found) ? found : standIn(kind, found);
      });
    }
    return redacted;
  };

  const redactField = (key: string, value: unknown): unknown => {
    if (SECRET_FIELDS.test(key) && !PLAIN_FIELDS.has(key) && value !== null && typeof value !== 'boolean') {
      return '<left out>';
    }
    if (NAME_FIELDS.has(key) && typeof value === 'string') return standIn('name', value);
    if (OWN_WORD_FIELDS.has(key) && typeof value === 'string' && OWN_WORD.test(value) && !names.includes(value))
      return value;
    return redact(value);
  };

  const redact = (value: unknown): unknown => {
    if (typeof value === 'string') return redactText(value);
    if (Array.isArray(value)) return value.map(redact);
    if (value instanceof Uint8Array) return '<left out>';
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, redactField(key, field)]));
  };

  return { redact };
};
