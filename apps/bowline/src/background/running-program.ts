import { resolve } from 'node:path';

/** How this very program is started anew as a daemon: Node, its arguments, and what it runs. */
export interface RunningProgram {
  readonly node: string;
  readonly args: readonly string[];
}

/** Arguments of Node that are the program's own: how it finds its files. A debugger's or a test runner's are not. */
const OWN_ARGUMENTS =
  /^(?:--conditions|--max-semi-space-size|--v8-pool-size|--max-old-space-size|--use-system-ca)(?:=|$)/;

/** A daemon lives long and does little: one helper of V8 is woken seldom, and four for each collection of garbage. */
const ONE_HELPER = '--v8-pool-size=1';

export const runningProgram = ({
  execPath,
  execArgv,
  argv,
}: Pick<NodeJS.Process, 'execPath' | 'execArgv' | 'argv'> = process): RunningProgram => {
  const own = execArgv.filter((argument) => OWN_ARGUMENTS.test(argument));
  const added = own.some((argument) => argument.startsWith('--v8-pool-size')) ? [] : [ONE_HELPER];
  return { node: execPath, args: [...own, ...added, resolve(argv[1] ?? '')] };
};
