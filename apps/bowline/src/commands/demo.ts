import { Command } from 'commander';
import { interruption, machineComponents } from '../command-context.ts';
import { runDemo } from '../demo/demo.ts';
import { readEnvironment } from '../env.ts';
import { printer } from '../output/printer.ts';

interface DemoCommandOptions {
  readonly json?: boolean;
  readonly keep?: boolean;
}

export const demoCommand = (): Command =>
  new Command('demo')
    .description('a relay and devices on this machine, paired before your eyes')
    .option('--keep', 'leave two devices running and say how to talk to them')
    .option('--json', 'print JSON, one object a line')
    .action(async ({ json, keep }: DemoCommandOptions) => {
      await runDemo({
        printer: printer(json === true),
        components: machineComponents(readEnvironment(process.env).logLevel),
        signal: interruption(),
        keep: keep === true,
      });
    });
