import { createInterface } from 'node:readline';

/** What a program prints, line by line. */
export interface Lines {
  /** All so far. */
  readonly seen: readonly string[];
  /** The first line, printed already or to come, that fits. */
  find(fits: (line: string) => boolean): Promise<string>;
}

export const linesOf = (output: NodeJS.ReadableStream): Lines => {
  const seen: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: output }).on('line', (line) => {
    seen.push(line);
    for (const look of [...waiting]) look();
  });
  return {
    seen,
    find: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = seen.find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
};
