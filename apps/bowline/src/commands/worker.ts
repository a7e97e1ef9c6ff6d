import { Command } from 'commander';
import { WrongUseError } from '../errors.ts';

export const workerCommand = (): Command =>
  new Command('worker')
    .description('run one worker alone: its channel as JSON lines on standard input and output')
    .argument('<name>', 'which one, as `bowline status` names it')
    .action(async (name: string) => {
      const { WORKER_NAMES, workerEntry } = await import('@bowline/host');
      const found = WORKER_NAMES.find((each) => each === name);
      if (found === undefined)
        throw new WrongUseError(`There is no worker "${name}"; there are ${WORKER_NAMES.join(', ')}.`);
      // A worker's own program serves JSON lines when nobody forked it.
      await import(workerEntry(found).href);
    });
