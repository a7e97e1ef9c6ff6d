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
  ['path', /(?:^|(?<=[\s"'(]))(?:\/[^\s"'):]+){2,}|[A-Za-z]:\\[^\s"']+/g],
  ['address', /\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%[\w.-]+)?\]?(?::[0-9]{1,5})?/gi],
  ['address', /\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?::[0-9]{1,5})?\b/g],
  ['host', /\b(?:[a-z0-9-]+\.)+(?:[a-z]{2,24})\b/gi],
];

/** Dotted words that are names of things in the software, and of no host. */
const DOTTED_WORDS =
  /^(?:device|relay|link|pairing|network|worker|host|message|messages|store|journal|connection|discovery|live|connected|crashed|down|dial|session|greeting|login|answer|check|restart|tokens|joiner|initiator|decision|code|proof|handshake|Node)\./;

/** @param known texts that are recognized wherever they stand: names of devices, of this machine and its user */
export const redactor = (known: readonly string[]): Redactor => {
  const given = new Map<string, string>();
  const counts = new Map<string, number>();
  const names = [...new Set(known)].filter((text) => text.length >= 2).toSorted((a, b) => b.length - a.length);

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
    for (const name of names) redacted = redacted.replaceAll(name, standIn('name', name));
    for (const [kind, pattern] of PATTERNS) {
      redacted = redacted.replace(pattern, (found) => {
        if (kind === 'host' && DOTTED_WORDS.test(found)) return found;
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
