import { resolve } from 'node:path';

/** How this very program is started anew: Node, its arguments, and what it runs. */
export interface RunningProgram {
  readonly node: string;
  readonly args: readonly string[];
}

/** Arguments of Node that are the program's own: how it finds its files. A debugger's or a test runner's are not. */
const OWN_ARGUMENTS = /^(?:--conditions|--max-semi-space-size|--max-old-space-size|--use-system-ca)(?:=|$)/;

export const runningProgram = ({
  execPath,
  execArgv,
  argv,
}: Pick<NodeJS.Process, 'execPath' | 'execArgv' | 'argv'> = process): RunningProgram => ({
  node: execPath,
  args: [...execArgv.filter((argument) => OWN_ARGUMENTS.test(argument)), resolve(argv[1] ?? '')],
});
