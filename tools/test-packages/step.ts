import { type ChildProcess, spawn } from 'node:child_process';

/** What went wrong, as one sentence for whoever reads the end of a log. */
export class PackageTestError extends Error {
  override readonly name = 'PackageTestError';
}

/** How a program is run for one step. */
export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly deadlineMs: number;
}

const running = new Set<ChildProcess>();

/** A step's output that is kept for the sentence it fails with. */
const KEPT_CHARACTERS = 4_000;

/**
 * Runs a program to its end and gives what it printed. In a process group of its own, so that what it leaves behind is
 * ended with it.
 *
 * @throws PackageTestError when it fails or takes longer than `deadlineMs`
 */
export const run = (
  what: string,
  [program, ...args]: readonly [string, ...string[]],
  options: RunOptions,
): Promise<string> => {
  const { cwd, env, deadlineMs } = options;
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  running.add(child);
  return new Promise((resolve, reject) => {
    let printed = '';
    let said = '';
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      endGroup(child);
    }, deadlineMs);
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      said = (said + chunk.toString()).slice(-KEPT_CHARACTERS);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-KEPT_CHARACTERS);
    });
    child.on('error', (error) => {
      said += error.message;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      endGroup(child);
      running.delete(child);
      if (code === 0) resolve(printed);
      else if (isLate) reject(new PackageTestError(`${what}: not done within ${deadlineMs / 1_000} s.\n${said}`));
      else reject(new PackageTestError(`${what}: failed.\n${said}`));
    });
  });
};

/** A program that runs until {@link endAll}, such as the registry. */
export const runBeside = (
  program: string,
  args: readonly string[],
  options: Omit<RunOptions, 'deadlineMs'>,
): ChildProcess => {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  running.add(child);
  return child;
};

/** Ends everything that was started here and still runs. */
export const endAll = (): void => {
  for (const child of running) endGroup(child);
};

const endGroup = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
};
