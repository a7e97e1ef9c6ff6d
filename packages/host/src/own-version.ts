import { readFileSync } from 'node:fs';

/** All packages are released together; the program is a bundle of them. */
const OWN_NAMES: readonly unknown[] = ['@bowline/host', 'bowline'];

/**
 * The release of this package, of its sources and of what is built from them alike. `unknown` in a bundle: what stands
 * beside it is the app's own, or nothing.
 */
export const ownVersion = (file?: URL): string => {
  try {
    // Within the `try`: a bundle of CommonJS has no address of its own.
    const manifest = file ?? new URL('../package.json', import.meta.url);
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      readonly name?: unknown;
      readonly version?: unknown;
    };
    return OWN_NAMES.includes(name) && typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
};
