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

/** Options of `up` that start the same device again, without those that are about one start. */
export interface UpOptions {
  readonly name?: string;
  readonly relay?: readonly string[];
  readonly relayCa?: readonly string[];
  readonly key?: string;
  readonly mdns: boolean;
  readonly bind?: readonly string[];
  readonly messages?: 'keep' | 'journal';
  readonly inspector?: number | 'off';
}

/** `up` for a data directory, as arguments; paths in it no longer depend on where the command was given. */
export const upArguments = (dataDir: string, options: UpOptions): readonly string[] => {
  const each = (flag: string, values: readonly string[] = []) => values.flatMap((value) => [flag, value]);
  return [
    'up',
    '--data-dir',
    resolve(dataDir),
    ...each('--name', options.name === undefined ? [] : [options.name]),
    ...each('--relay', options.relay),
    ...each(
      '--relay-ca',
      options.relayCa?.map((file) => resolve(file)),
    ),
    ...each('--key', options.key === undefined ? [] : [options.key]),
    ...(options.mdns ? [] : ['--no-mdns']),
    ...each('--bind', options.bind),
    ...each('--inspector', options.inspector === undefined ? [] : [String(options.inspector)]),
    ...(options.messages === 'journal' ? ['--messages', 'journal'] : []),
  ];
};
