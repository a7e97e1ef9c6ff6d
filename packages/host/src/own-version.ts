import { readFileSync } from 'node:fs';

const OWN_NAME = '@bowline/host';

/**
 * The release of this package, of its sources and of what is built from them alike. `unknown` in a bundle: what stands
 * beside it is the app's own, or nothing.
 */
export const ownVersion = (file: URL = new URL('../package.json', import.meta.url)): string => {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly name?: unknown;
      readonly version?: unknown;
    };
    return name === OWN_NAME && typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
};
