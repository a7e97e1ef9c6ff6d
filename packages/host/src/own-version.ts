import { releaseOf } from '@bowline/system-ports';

/** The release of this package. All packages are released together; the program is a bundle of them. */
export const ownVersion = (): string =>
  releaseOf(() => new URL('../package.json', import.meta.url), ['@bowline/host', 'bowline']);
