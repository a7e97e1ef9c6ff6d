/** Work of many labs that would disturb each other: at most so much at once, in the order of asking. */
export type LabTurns = <T>(work: () => Promise<T>) => Promise<T>;

export const labTurns = (atOnce: number): LabTurns => {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
};
