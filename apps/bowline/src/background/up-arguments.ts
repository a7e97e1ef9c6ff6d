import { resolve } from 'node:path';
import type { DeviceOptions } from '../command-context.ts';

/** Options of `up` that start the same device again, without those that are about one start. */
export interface UpOptions extends Omit<DeviceOptions, 'dataDir' | 'json' | 'passphraseFd'> {
  readonly messages?: 'keep' | 'journal';
  readonly inspector?: number | 'off';
}

type Written = {
  readonly [Option in keyof Required<UpOptions>]: (value: Required<UpOptions>[Option]) => readonly string[];
};

const each = (flag: string, values: readonly string[]): readonly string[] => values.flatMap((value) => [flag, value]);

/** How each is written; paths no longer depend on where the command was given. */
const WRITTEN: Written = {
  name: (name) => ['--name', name],
  relay: (relays) => each('--relay', relays),
  relayCa: (files) =>
    each(
      '--relay-ca',
      files.map((file) => resolve(file)),
    ),
  key: (kind) => ['--key', kind],
  mdns: (isOn) => (isOn ? [] : ['--no-mdns']),
  quietMdns: (isQuiet) => (isQuiet ? ['--quiet-mdns'] : []),
  tcp: (isOn) => (isOn ? [] : ['--no-tcp']),
  publicTcp: (isAllowed) => (isAllowed ? ['--public-tcp'] : []),
  bind: (addresses) => each('--bind', addresses),
  port: (port) => ['--port', String(port)],
  inspector: (choice) => ['--inspector', String(choice)],
  messages: (choice) => ['--messages', choice],
};

const argumentsOf = <Option extends keyof UpOptions>(option: Option, options: UpOptions): readonly string[] => {
  const value = options[option] as Required<UpOptions>[Option] | undefined;
  return value === undefined ? [] : WRITTEN[option](value);
};

/** `up` for a data directory, as arguments. */
export const upArguments = (dataDir: string, options: UpOptions): readonly string[] => [
  'up',
  '--data-dir',
  resolve(dataDir),
  ...(Object.keys(WRITTEN) as (keyof UpOptions)[]).flatMap((option) => argumentsOf(option, options)),
];
