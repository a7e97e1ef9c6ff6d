import { readFileSync } from 'node:fs';

/** The version of this package, of its sources and of what is built from them alike; `unknown` in a bundle of an app. */
export const ownVersion = (): string => {
  try {
    // Within the `try`: a bundle of CommonJS has no address of its own.
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    const { name, version } = JSON.parse(text) as { readonly name?: unknown; readonly version?: unknown };
    return name === 'bowline' && typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
};
