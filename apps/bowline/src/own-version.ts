import { releaseOf } from '@bowline/system-ports';

/** The release of the program. */
export const ownVersion = (): string => releaseOf(() => new URL('../package.json', import.meta.url), ['bowline']);
