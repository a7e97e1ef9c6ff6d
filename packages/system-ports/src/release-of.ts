import { readFileSync } from 'node:fs';

/**
 * The release that a package's manifest tells; `unknown` where there is none, or it is another package's: beside a bundle
 * stands the app's own, or nothing.
 *
 * @param manifest where it is; may throw, for a bundle of CommonJS has no address of its own
 * @param names what the package may be called
 */
export const releaseOf = (manifest: () => URL, names: readonly string[]): string => {
  try {
    const { name, version } = JSON.parse(readFileSync(manifest(), 'utf8')) as {
      readonly name?: unknown;
      readonly version?: unknown;
    };
    return typeof name === 'string' && names.includes(name) && typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
};
