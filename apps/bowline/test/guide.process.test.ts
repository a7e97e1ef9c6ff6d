import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCode, wordsOfEntropy } from '@bowline/pairing-code';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './two-devices.ts';

const GUIDE = fileURLToPath(new URL('../../../docs/guides/command-line.md', import.meta.url));
const BIN = fileURLToPath(new URL('../bin', import.meta.url));
const NODE = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url));

/** Commands that go on until they are ended, and by what they say that they have begun. */
const GOES_ON: readonly (readonly [command: RegExp, begun: RegExp])[] = [
  [/^bowline up /, /is up/],
  [/^bowline pair /, /\n 1 \w+/],
  [/^bowline relay serve (?!--check)/, /listens on/],
];

interface GuideCommand {
  readonly where: string;
  readonly command: string;
}

/** The commands of the walk, as the guide writes them. */
const walk = (): readonly GuideCommand[] =>
  [...readFileSync(GUIDE, 'utf8').matchAll(/^```sh (\w+)\n([^`]*)```$/gm)].flatMap(([, where = '', block = '']) =>
    block
      .trim()
      .split('\n')
      .map((command) => ({ where, command })),
  );

/** A command in a shell, with what it has said so far. */
const shell = ({ where, command }: GuideCommand, folder: string) => {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`.replace(/^exec (?=echo)/, '')], {
    cwd: folder,
    env: { ...process.env, PATH: `${BIN}:${NODE}:${process.env.PATH ?? ''}`, BOWLINE_DATA_DIR: join(folder, where) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const listeners = new Set<() => void>();
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      for (const listen of listeners) listen();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const says = async (text: RegExp): Promise<string> => {
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (text.test(said)) resolve();
      };
      listeners.add(look);
      look();
    });
    await Promise.race([seen, ended]);
    expect(said, command).toMatch(text);
    return said;
  };
  return { child, ended, says, said: () => said };
};

const end = async (child: ChildProcess, ended: Promise<unknown>): Promise<void> => {
  child.kill('SIGTERM');
  await ended;
};

test('every command of the guide works as it is written there', { timeout: 600_000 }, async () => {
  const folder = temporaryFolder();
  const commands = walk();
  expect(commands.length).toBeGreaterThan(20);
  const outputs = new Map<string, string>();
  for (const each of commands) {
    const run = shell(each, folder);
    const goesOn = GOES_ON.find(([pattern]) => pattern.test(each.command));
    if (goesOn === undefined) {
      expect(await run.ended, `${each.command}\n${run.said()}`).toBe(0);
      outputs.set(each.command, run.said());
      continue;
    }
    onTestFinished(() => end(run.child, run.ended));
    const page = await run.says(goesOn[1]);
    if (!each.command.startsWith('bowline pair')) continue;
    // The words as the page shows them: a person would type or paste them.
    const shown = (await run.says(/12 \w+/)) || page;
    writeFileSync(join(folder, 'words.txt'), shown.slice(shown.indexOf('\n 1 ')));
    expect(wordsOfEntropy(parseCode(shown).entropy).split(' ')).toHaveLength(12);
  }
  expect(outputs.get('bowline devices')).toContain('No device is paired yet');
  expect(outputs.get('bowline events --last 20')).toMatch(
    /paired with laptop\n(?:.*\n)*.*laptop: hello\n(?:.*\n)*.*found by its name/,
  );
  expect(outputs.get('bowline send "office\'s nas" "found by its name"')).toMatch(/^Delivered/);
  expect(outputs.get('bowline status -v')).toMatch(/nas +d-\w+ +connected/);
});
