// What `node_modules` was installed from, so that nothing is installed twice.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Holds the state that was installed last. */
export const stamp = join(root, 'node_modules', '.bowline-installed');

/** Changes whenever the lock file, or any workspace's own package.json, does. */
export const wantedState = () => {
  const hash = createHash('sha256');
  const manifests = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  );
  for (const file of ['package-lock.json', 'package.json', ...manifests.sort()]) {
    if (existsSync(join(root, file))) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
};
