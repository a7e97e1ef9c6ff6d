import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, workspacePackages } from '../package-shape.ts';

/**
 * Copies the sources to `target`, so that a version can be written and everything built without a trace in the checkout.
 * Libraries are those of the checkout, by links; the workspace's own packages are the copied ones.
 */
export const copyWorkspace = (target: string): void => {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
    .toString()
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(ROOT, file)));
  for (const file of files) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(ROOT, file), join(target, file));
  }
  const modules = join(target, 'node_modules');
  mkdirSync(join(modules, '@bowline'), { recursive: true });
  for (const { folder, manifest } of workspacePackages())
    symlinkSync(join(target, folder), join(modules, manifest.name), 'junction');
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === '@bowline' || name === 'bowline' || name === '.nx') continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
};
