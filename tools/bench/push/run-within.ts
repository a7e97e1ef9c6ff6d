import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BenchSide } from './bench-network.ts';

/** Starts a command on one side. */
export const spawnAt = ({ within }: BenchSide, command: readonly string[], options: SpawnOptions): ChildProcess => {
  const [program = '', ...args] = [...within, ...command];
  return spawn(program, args, options);
};

/** Until the command has ended. @throws where it ends with anything but 0 */
export const ended = async (child: ChildProcess): Promise<void> => {
  const [code, signal] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  if (code !== 0) throw new Error(`${child.spawnargs.slice(0, 8).join(' ')} ended with ${String(code ?? signal)}`);
};

/** Until the command has said this, on standard output or as an error; both are read from then on, and thrown away. */
export const said = async (child: ChildProcess, text: string): Promise<void> => {
  let all = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        if (all.length < 65_536) all += String(bytes);
        if (all.includes(text)) resolve();
      });
    }
    child.once('exit', () => reject(new Error(`${child.spawnargs.slice(0, 8).join(' ')} ended: ${all}`)));
    child.once('error', reject);
  });
};
