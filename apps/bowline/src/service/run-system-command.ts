import { spawn } from 'node:child_process';
import { errorCode } from '@bowline/contracts';
import type { SystemCommand } from './service-manager.ts';

/** Longest a system's manager may take, milliseconds. */
const LIMIT_MS = 30_000;

const MAX_SAID_CHARACTERS = 1_000;

/**
 * Runs one program of the system, without a shell. `null` when it succeeded, or what went wrong: in words of its own, or what it
 * printed in the place of an answer, as `systemctl is-active` does.
 */
export const runSystemCommand = ([program, ...args]: SystemCommand, limitMs = LIMIT_MS): Promise<string | null> =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs, windowsHide: true });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        said[name] = (said[name] + chunk.toString()).slice(0, MAX_SAID_CHARACTERS);
      });
    }
    child.once('error', (error) => {
      resolve(errorCode(error) === 'ENOENT' ? `there is no ${program} on this system` : error.message);
    });
    child.once('close', (code) => {
      const text = said.stderr.trim() || said.stdout.trim();
      resolve(code === 0 ? null : text.replaceAll(/\s*\n\s*/g, ' ') || `${program} ended with ${String(code)}`);
    });
  });
