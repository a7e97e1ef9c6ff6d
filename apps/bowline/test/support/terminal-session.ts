import { type ChildProcess, spawn } from 'node:child_process';

/** A command in a shell, or at a terminal, with all it has said. */
export interface Session {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  said(): string;
  /** Resolves once it has said so; rejects when it ends without. */
  says(text: RegExp): Promise<string>;
  /** What a person types, or a terminal pastes. */
  type(text: string): void;
}

interface SessionOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs a command in a shell. One command takes the place of its shell, so that a signal reaches it. */
export const shellSession = (command: string, options: SessionOptions): Session => {
  const isOne = !/[|&;]/.test(command);
  return sessionOf(spawn('/bin/sh', ['-c', isOne ? `exec ${command}` : command], { ...options, stdio: 'pipe' }));
};

/** Runs a command at a terminal of this size, which util-linux makes: `script` is part of every Linux. */
export const terminalSession = (
  command: string,
  { columns, rows, ...options }: SessionOptions & { readonly columns: number; readonly rows: number },
): Session => {
  const atSize = `stty cols ${columns} rows ${rows}; exec ${command}`;
  const args = ['--quiet', '--return', '--flush', '--command', atSize, '/dev/null'];
  return sessionOf(spawn('script', args, { ...options, stdio: 'pipe' }));
};

const sessionOf = (child: ChildProcess): Session => {
  let said = '';
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listen of listeners) listen();
  };
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      tell();
    });
  }
  let hasEnded = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      hasEnded = true;
      tell();
      resolve(code);
    });
  });
  // Who has ended reads nothing more.
  child.stdin?.on('error', () => undefined);
  return {
    child,
    ended,
    said: () => said,
    type: (text) => child.stdin?.write(text),
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (text.test(said)) resolve(said);
          else if (hasEnded) reject(new Error(`It ended without ${text}:\n${said}`));
          else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
  };
};
