import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LabHost } from '@bowline/testing/network-lab';

/** A program of ours on a host, and what it says: a JSON object a line, each with an `event`. */
export const childLines = (host: LabHost, program: URL, args: readonly string[]) => {
  const child = host.spawn(process.execPath, [fileURLToPath(program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('the program has no output');
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Record<string, unknown>);
    wake();
  });
  let hasEnded = false;
  void once(child, 'close').then(() => {
    hasEnded = true;
    wake();
  });
  return {
    /** The first line of this event; rejects when the program ends without one. */
    line: (event: string): Promise<Record<string, unknown>> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => line.event === event);
          if (found === undefined && !hasEnded) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error(`the program ended without saying "${event}"`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
};
