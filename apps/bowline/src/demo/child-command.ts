import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BowlineError } from '@bowline/contracts';
import { PROGRAM_FILE } from '../program-file.ts';

/** One JSON line a command printed. */
export type Line = Readonly<Record<string, unknown>>;

/** A `bowline` command running as a process of its own, with `--json`. */
export interface ChildCommand extends AsyncDisposable {
  readonly process: ChildProcess;
  /** The first line, printed already or to come, that fits. Rejects when the command ends without one. */
  line(fits: (line: Line) => boolean): Promise<Line>;
  /** The lines printed so far. */
  lines(): readonly Line[];
  /** Every line, once the command has ended by itself. */
  allLines(): Promise<readonly Line[]>;
  /** The exit code, once the command has ended; 128 and more when a signal ended it. */
  exitCode(): Promise<number>;
  /** Sends SIGTERM and waits for the end. */
  end(): Promise<void>;
}

/** What a shell reports at least for a command that a signal ended. */
const KILLED_EXIT_CODE = 128;

/** A command of the demo failed; the message has what it said. */
class DemoCommandError extends BowlineError {
  override readonly name = 'DemoCommandError';

  constructor(command: string, said: string) {
    super({ code: 'DEMO_COMMAND_FAILED', message: `\`bowline ${command}\` failed: ${said || 'it said nothing'}` });
  }
}

/**
 * Starts `bowline <args> --json`.
 *
 * @param within what to put before the command, such as `ip netns exec laptop`; it must become the command, not start it
 * @param input what it reads; nothing unless given
 */
export const childCommand = (
  args: readonly string[],
  within: readonly string[] = [],
  input?: string | Uint8Array,
): ChildCommand => {
  const [program = '', ...rest] = [...within, process.execPath, PROGRAM_FILE, ...args, '--json'];
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  // Whoever reads nothing may have ended before this is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let said = '';
  let hasEnded = false;

  const wake = () => {
    for (const check of [...waiting]) check();
  };
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    wake();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000);
  });
  const exited = once(child, 'close').then(([code]) => {
    hasEnded = true;
    wake();
    return typeof code === 'number' ? code : KILLED_EXIT_CODE;
  });

  const line: ChildCommand['line'] = (fits) =>
    new Promise((resolve, reject) => {
      const check = () => {
        const found = lines.find(fits);
        if (found === undefined && !hasEnded) return;
        waiting.delete(check);
        if (found !== undefined) resolve(found);
        else reject(new DemoCommandError(args[0] ?? '', said.trim() || JSON.stringify(lines.at(-1) ?? '')));
      };
      waiting.add(check);
      check();
    });

  const end = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return {
    process: child,
    line,
    lines: () => [...lines],
    end,
    allLines: async () => {
      await exited;
      return lines;
    },
    exitCode: () => exited,
    [Symbol.asyncDispose]: end,
  };
};

/** Runs a command to its end and gives the line that fits. @param input what it reads; nothing unless given */
export const runCommand = async (
  args: readonly string[],
  fits: (line: Line) => boolean,
  input?: string,
): Promise<Line> => {
  await using command = childCommand(args, [], input);
  return await command.line(fits);
};
