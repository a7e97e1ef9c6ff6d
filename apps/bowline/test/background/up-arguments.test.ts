import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { type UpOptions, upArguments } from '../../src/background/up-arguments.ts';
import { serviceCommand } from '../../src/commands/service.ts';
import { upCommand } from '../../src/commands/up.ts';
import { EXIT_CODES } from '../../src/exit-codes.ts';

/** Every option of `up` that is about the device, as somebody may give it, and as the daemon in the background gets it. */
const GIVEN: Readonly<Record<string, readonly [given: readonly string[], handedOn: readonly string[]]>> = {
  name: [
    ['--name', 'Café $HOME'],
    ['--name', 'Café $HOME'],
  ],
  relay: [
    ['--relay', 'https://a.example', '--relay', 'https://b.example'],
    ['--relay', 'https://a.example', '--relay', 'https://b.example'],
  ],
  relayCa: [
    ['--relay-ca', 'ca.pem', '--relay-ca', '/other.pem'],
    ['--relay-ca', join(process.cwd(), 'ca.pem'), '--relay-ca', '/other.pem'],
  ],
  mdns: [['--no-mdns'], ['--no-mdns']],
  quietMdns: [['--quiet-mdns'], ['--quiet-mdns']],
  tcp: [['--no-tcp'], ['--no-tcp']],
  publicTcp: [['--public-tcp'], ['--public-tcp']],
  bind: [
    ['--bind', '127.0.0.1'],
    ['--bind', '127.0.0.1'],
  ],
  port: [
    ['--port', '4000'],
    ['--port', '4000'],
  ],
  inspector: [
    ['--inspector', '0'],
    ['--inspector', '0'],
  ],
  key: [
    ['--key', 'file'],
    ['--key', 'file'],
  ],
  messages: [
    ['--messages', 'journal'],
    ['--messages', 'journal'],
  ],
};

/** About the start or the command alone. `dataDir` is handed on by itself, a passphrase by a pipe. */
const NOT_HANDED_ON = ['dataDir', 'json', 'detach', 'logged', 'passphraseFd'];

const optionNames = (command: Command): readonly string[] =>
  command.options.map((option) => option.attributeName()).filter((name) => !NOT_HANDED_ON.includes(name));

const parsed = (command: Command, given: readonly string[]): UpOptions =>
  command.parseOptions([...given]) && command.opts();

const install = (): Command =>
  serviceCommand({ exitCode: EXIT_CODES.done }).commands.find((each) => each.name() === 'install')!;

describe.each([
  ['up --detach', upCommand],
  ['service install', install],
])('%s', (_name, command) => {
  it('hands on every option it takes', () => {
    expect(new Set(optionNames(command()))).toEqual(new Set(Object.keys(GIVEN)));
  });

  it.each(Object.entries(GIVEN))('hands on %s', (_option, [given, handedOn]) => {
    const args = upArguments('here', parsed(command(), given)).join('\n');
    expect(args).toContain(['up', '--data-dir', join(process.cwd(), 'here')].join('\n'));
    expect(args).toContain(handedOn.join('\n'));
    // What is handed on starts with the same options.
    expect(parsed(upCommand(), upArguments('here', parsed(command(), given)).slice(1))).toMatchObject(
      parsed(command(), [...handedOn]),
    );
  });
});
