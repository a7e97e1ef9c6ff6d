import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { systemFolders } from './system-folders.ts';
import { privateFolder } from './trust/private-folder.ts';

/**
 * Keeps compiled code for the next start, in a folder of this user's own or not at all: Node runs what it finds there,
 * and its own choice, a folder for everybody under the temporary one, can be made by any user of the machine first.
 *
 * @returns the folder, or `null` when there is none or the person chose one (`NODE_COMPILE_CACHE`).
 */
export const keepCompiledCode = (env: NodeJS.ProcessEnv): string | null => {
  if (env.NODE_COMPILE_CACHE !== undefined || env.NODE_DISABLE_COMPILE_CACHE === '1') return null;
  const { cache } = systemFolders(env);
  const folder = cache === null ? null : privateFolder(join(cache, 'compiled')).path;
  if (folder !== null) enableCompileCache(folder);
  return folder;
};
