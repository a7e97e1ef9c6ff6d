import { createInterface } from 'node:readline';

/** What a program prints, line by line. */
export interface Lines {
  /** All so far. */
  readonly seen: readonly string[];
  /** The first line, printed already or to come, that fits; rejects when the output ends without it. */
  find(fits: (line: string) => boolean): Promise<string>;
}

export const linesOf = (output: NodeJS.ReadableStream): Lines => {
  const seen: string[] = [];
  const waiting = new Set<() => void>();
  let hasEnded = false;
  const lookAgain = (): void => {
    for (const look of [...waiting]) look();
  };
  createInterface({ input: output })
    .on('line', (line) => {
      seen.push(line);
      lookAgain();
    })
    .on('close', () => {
      hasEnded = true;
      lookAgain();
    });
  return {
    seen,
    find: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = seen.find(fits);
          if (found === undefined && !hasEnded) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error(`the program ended; it printed:\n${seen.join('\n')}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
};
