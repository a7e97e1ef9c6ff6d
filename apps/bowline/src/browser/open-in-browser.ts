import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A page that leads to the address; the address itself never stands among the arguments of a process, which others can read. */
const redirectPage = (url: string): string =>
  `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${url}"><title>Bowline</title>\n`;

/** How each system opens a page in the person's browser. */
const openerOf = (platform: NodeJS.Platform, page: string): readonly [command: string, args: readonly string[]] => {
  if (platform === 'darwin') return ['open', [page]];
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', page]];
  return ['xdg-open', [page]];
};

/**
 * Has the system's browser open an address that must not be seen by others, by a file that only its owner can read. Where
 * there is no browser nothing happens: the person has the address.
 */
export const openInBrowser = (url: string, dataDir: string, platform = process.platform): void => {
  const file = join(dataDir, 'inspector.html');
  // A file that was there keeps its owner and mode, and a link leads elsewhere.
  rmSync(file, { force: true });
  writeFileSync(file, redirectPage(url), { mode: 0o600, flag: 'wx' });
  const [command, args] = openerOf(platform, pathToFileURL(file).href);
  const opener = spawn(command, args, { detached: true, stdio: 'ignore', windowsHide: true });
  opener.once('error', () => undefined);
  opener.unref();
};
