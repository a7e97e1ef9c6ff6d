/** Words that make a field a secret wherever they stand in its name: `relayToken`, `proof_key`, `secretKey`. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'credential',
  'entropy',
  'key',
  'mnemonic',
  'passphrase',
  'password',
  'proof',
  'secret',
  'seed',
  'ticket',
  'token',
  'words',
]);

/** A last word that says the field is *about* a secret and does not hold it: `keySource`, `ticketState`. */
const ABOUT_WORDS: ReadonlySet<string> = new Set(['count', 'file', 'kind', 'length', 'path', 'source', 'state']);

/** Names that hold a secret although none of their words says so. */
const SECRET_NAMES: ReadonlySet<string> = new Set(['pairingcode', 'qrcode', 'qrtext', 'codetext', 'nsec']);

/** Whether what a field of this name holds must not be seen. `publicKey` is the one kind of key that may be. */
export const isSecretName = (name: string): boolean => {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  if (SECRET_NAMES.has(words.join(''))) return true;
  if (words.includes('public') || ABOUT_WORDS.has(words.at(-1) ?? '')) return false;
  return words.some((word) => SECRET_WORDS.has(word) || (word.endsWith('s') && SECRET_WORDS.has(word.slice(0, -1))));
};
