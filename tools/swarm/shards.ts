import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SwarmInput, SwarmReport } from './run-swarm.ts';

/** Swarms side by side, one in each thread. */
export interface Shards {
  /**
   * Runs what `next` gives until it gives nothing more.
   * @param onReport hears of each; `false`: nothing more is begun
   */
  run(next: () => SwarmInput | null, onReport: (report: SwarmReport) => boolean): Promise<void>;
  end(): Promise<void>;
}

/** Nearly all that is made is gone a moment later: with more room it is gone before anybody looks for it. */
const YOUNG_MB = 64;

export const shards = (threadCount: number): Shards => {
  const workers = Array.from(
    { length: threadCount },
    () =>
      new Worker(new URL('./shard.ts', import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } }),
  );

  const ask = async (worker: Worker, input: SwarmInput): Promise<SwarmReport> => {
    worker.postMessage(input);
    // An error of the worker rejects it.
    const [report] = (await once(worker, 'message')) as [SwarmReport];
    return report;
  };

  return {
    run: async (next, onReport) => {
      let isOver = false;
      const work = async (worker: Worker): Promise<void> => {
        for (let input = next(); input !== null && !isOver; input = next()) {
          if (!onReport(await ask(worker, input))) isOver = true;
        }
      };
      await Promise.all(workers.map(work));
    },
    end: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
};
