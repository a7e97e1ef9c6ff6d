import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { LabHost } from '@bowline/testing/network-lab';

type Line = Readonly<Record<string, unknown>>;

/** A program of ours on a host: asked by lines, it answers by JSON lines, each with an `event`. */
export interface LabChild extends AsyncDisposable {
  readonly process: ChildProcess;
  /** The next line of this event that was not given out yet. Rejects when the program ends without one. */
  next(event: string): Promise<Line>;
  ask(line: string): Promise<Line>;
}

/** @param nodeArgs a program and its arguments, for Node */
export const labChild = (host: LabHost, nodeArgs: readonly string[]): LabChild => {
  const [program = '', ...within] = host.within;
  const child = spawn(program, [...within, process.execPath, ...nodeArgs], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: Line[] = [];
  let wake: () => void = () => undefined;
  let hasEnded = false;
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    wake();
  });
  const ended = once(child, 'close').then(() => {
    hasEnded = true;
    wake();
  });
  const next = async (event: string): Promise<Line> => {
    for (;;) {
      const at = lines.findIndex((line) => line.event === event);
      const [line] = at < 0 ? [] : lines.splice(at, 1);
      if (line !== undefined) return line;
      if (hasEnded) throw new Error(`${nodeArgs[0]} ended without saying "${event}"`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    process: child,
    next,
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return next('report');
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
