import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { LabCommandError } from './errors.ts';

/**
 * Runs a command to its end, feeds it `input`, and gives what it printed on standard output.
 *
 * @throws {@link LabCommandError} with what it said on standard error when it cannot be started or exits with anything but 0.
 */
export const runTool = async (command: string, args: readonly string[], input = ''): Promise<string> => {
  const text = [command, ...args].join(' ');
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  // A command that ends before it has read everything says more by its exit code than the broken pipe does.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    const [output, said, [exitCode]] = await Promise.all([
      buffer(child.stdout),
      buffer(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    if (exitCode !== 0) throw new LabCommandError(text, said.toString() || `exit code ${exitCode}`);
    return output.toString();
  } catch (error) {
    if (error instanceof LabCommandError) throw error;
    throw new LabCommandError(text, error instanceof Error ? error.message : String(error), error);
  }
};
