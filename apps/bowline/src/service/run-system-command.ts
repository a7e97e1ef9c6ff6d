import { spawn } from 'node:child_process';
import { errorCode } from '@bowline/contracts';
import type { SystemCommand } from './service-manager.ts';

/** Longest a system's manager may take, milliseconds. */
const LIMIT_MS = 30_000;

const MAX_SAID_CHARACTERS = 1_000;

/** Runs one program of the system, without a shell. `null` when it succeeded, or what went wrong. */
export const runSystemCommand = ([program, ...args]: SystemCommand): Promise<string | null> =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: LIMIT_MS, windowsHide: true });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(0, MAX_SAID_CHARACTERS);
    });
    child.once('error', (error) => {
      resolve(errorCode(error) === 'ENOENT' ? `there is no ${program} on this system` : error.message);
    });
    child.once('close', (code) => {
      resolve(code === 0 ? null : said.trim().replaceAll(/\s*\n\s*/g, ' ') || `${program} ended with ${String(code)}`);
    });
  });
