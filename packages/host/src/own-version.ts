import { readFileSync } from 'node:fs';

/** The release of this package, of its sources and of what is built from them alike. A bundle has none beside it. */
export const ownVersion = (): string => {
  try {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    return (JSON.parse(text) as { readonly version: string }).version;
  } catch {
    return 'unknown';
  }
};
