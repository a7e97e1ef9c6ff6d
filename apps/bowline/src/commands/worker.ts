import { PLACEMENTS, workerEntry } from '@bowline/host';
import { Argument, Command } from 'commander';

export const workerCommand = (): Command =>
  new Command('worker')
    .description('run one worker alone: its channel as JSON lines on standard input and output')
    .addArgument(new Argument('<name>', 'which one').choices(Object.keys(PLACEMENTS)))
    .action(async (name: keyof typeof PLACEMENTS) => {
      // A worker's own program serves JSON lines when nobody forked it.
      await import(workerEntry(name).href);
    });
