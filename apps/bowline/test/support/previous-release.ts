import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * The sources of the release before this one, packed from commit 3774474 with `git archive | gzip -9n`: a clone may be shallow,
 * and a source tree may have no history at all.
 */
const PACKED = fileURLToPath(new URL('previous-release.tar.gz', import.meta.url));

/** The release before this one, ready to run. */
export interface PreviousRelease {
  /** Its command line, for Node. */
  readonly program: string;
  readonly remove: () => void;
}

/** Unpacks it; what it needs of other people is this checkout's. */
export const unpackPreviousRelease = (): PreviousRelease => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-previous-'));
  execFileSync('tar', ['-xzf', PACKED, '-C', folder]);
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@bowline'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === '@bowline' || name === 'bowline' || name.startsWith('.')) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  for (const name of readdirSync(join(folder, 'packages'))) {
    symlinkSync(join(folder, 'packages', name), join(modules, '@bowline', name));
  }
  return {
    program: join(folder, 'apps/bowline/src/main.ts'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
