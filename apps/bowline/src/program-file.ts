import { fileURLToPath } from 'node:url';

/** The command of which this very file is part: of the sources, or of what was built of them, which lies as deep. */
export const PROGRAM_FILE = fileURLToPath(new URL('../bin/bowline', import.meta.url));
