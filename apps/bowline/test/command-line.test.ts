import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commandProgram, runCommandLine } from '../src/command-line.ts';

let stdout = '';
let stderr = '';

beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const run = (...args: readonly string[]) => runCommandLine(args);

describe('wrong use', () => {
  it.each([
    [['statsu'], "Unknown command 'statsu'. Did you mean status? Help: bowline --help\n"],
    [['relay', 'srve'], "Unknown command 'srve'. Did you mean serve? Help: bowline relay --help\n"],
    [['devices', '--jsn'], "Unknown option '--jsn'. Did you mean --json? Help: bowline devices --help\n"],
    [
      ['up', '--no-tcp', '--public-tcp'],
      "Option '--public-tcp' cannot be used with option '--no-tcp'. Help: bowline up --help\n",
    ],
    [
      ['service', 'install', '--quiet-mdns', '--no-mdns'],
      "Option '--quiet-mdns' cannot be used with option '--no-mdns'. Help: bowline service install --help\n",
    ],
    [['send', 'nas'], "Missing required argument 'text'. Help: bowline send --help\n"],
    [
      ['ping', 'nas', '-c', 'x'],
      /^Option '-c, --count <count>' argument 'x' is invalid. .* Help: bowline ping --help\n$/,
    ],
  ] as const)('%j is told in one line', async (args, told) => {
    expect(await run(...args)).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toEqual(typeof told === 'string' ? told : expect.stringMatching(told));
  });

  it.each([[['statsu', '--json']], [['--json', 'statsu']], [['--json']], [['relay', '--json']]])(
    '%j is told as JSON',
    async (args) => {
      expect(await run(...args)).toBe(2);
      expect(JSON.parse(stdout)).toEqual({ event: 'error', error: { code: 'WRONG_USE', message: expect.any(String) } });
      expect(stderr).toBe('');
    },
  );

  it('of a command with none is answered with help', async () => {
    expect(await run()).toBe(2);
    expect(stderr).toContain('Usage: bowline');
  });
});

it('--version prints the version alone', async () => {
  expect(await run('--version')).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
});

describe('--data-dir and --json', () => {
  const optionsOf = async (...args: readonly string[]): Promise<unknown> => {
    const program = commandProgram({ exitCode: 0 });
    let seen: unknown;
    const names = args.filter((arg) => /^[a-z]+$/.test(arg));
    const command = names.reduce((from, name) => from.commands.find((each) => each.name() === name) ?? from, program);
    command.action((...given: readonly unknown[]) => {
      seen = given.find((each) => typeof each === 'object' && each !== null && !Array.isArray(each));
    });
    await program.parseAsync([...args], { from: 'user' });
    return seen;
  };

  it.each([
    [['--data-dir', '/d', 'status']],
    [['status', '--data-dir', '/d']],
    [['--data-dir', '/e', 'status', '--data-dir=/d']],
    [['--json', '--data-dir=/d', 'relay', 'status']],
    [['relay', '--data-dir', '/d', 'status']],
  ])('%j', async (args) => {
    expect(await optionsOf(...args)).toMatchObject({
      dataDir: '/d',
      ...(args.includes('--json') ? { json: true } : {}),
    });
  });

  it('is refused where there is no device', async () => {
    expect(await run('--data-dir', '/d', 'relay', 'serve', '--check')).toBe(2);
    expect(stderr).toContain('takes no --data-dir');
  });
});
