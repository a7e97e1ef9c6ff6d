import { readFileSync } from 'node:fs';

/** The version of this package, of its sources and of what is built from them alike. */
export const ownVersion = (): string => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
};
