import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it, test } from 'vitest';
import { commandProgram } from '../src/command-line.ts';
import { EXIT_CODES } from '../src/exit-codes.ts';
import { documentCommands } from './support/document-commands.ts';
import { NOT_RUN, NOT_RUN_PROGRAMS, RUN_ELSEWHERE, SUBSTITUTIONS } from './support/document-runs.ts';

const commands = documentCommands();

const namesOf = (command: Command, before = ''): readonly string[] => {
  const name = `${before}${command.name()}`;
  return command.commands.length === 0 ? [name] : command.commands.flatMap((nested) => namesOf(nested, `${name} `));
};

describe('commands in documents', () => {
  it('are found', () => {
    expect(commands.length).toBeGreaterThan(60);
    expect(commands.map(({ command }) => command)).toContain('bowline send laptop "hello"');
  });

  test.each(Object.keys(NOT_RUN))('of which %s is not run, are still there', (command) => {
    expect(commands.some((each) => each.command === command)).toBe(true);
  });

  test.each(Object.keys(NOT_RUN_PROGRAMS))('of which those of %s are not run, are still there', (program) => {
    expect(commands.some(({ command }) => command.startsWith(`${program} `))).toBe(true);
  });

  test.each(SUBSTITUTIONS.map(([written]) => written))('have %s in them, which is replaced', (written) => {
    expect(commands.some(({ command }) => command.search(written) >= 0)).toBe(true);
  });
});

describe('commands of the program', () => {
  const names = commandProgram({ exitCode: EXIT_CODES.done }).commands.flatMap((command) => namesOf(command));
  const isShown = (name: string) =>
    commands.some(({ command }) => new RegExp(`(?:^|[|] )bowline ${name}\\b`).test(command));

  test.each(names)('%s is shown in a block, or run by a test of its own', (name) => {
    expect(isShown(name) || RUN_ELSEWHERE[name] !== undefined).toBe(true);
  });

  test.each(Object.values(RUN_ELSEWHERE).filter((file) => file.endsWith('.ts')))('%s is there', (file) => {
    const places = ['', 'background/', 'key/', 'service/'].map(
      (folder) => new URL(`${folder}${file}`, import.meta.url),
    );
    expect(places.some((place) => existsSync(place))).toBe(true);
  });
});
