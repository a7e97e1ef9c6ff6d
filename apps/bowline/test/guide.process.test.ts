import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCode, wordsOfEntropy } from '@bowline/pairing-code';
import { freePort } from '@bowline/testing';
import { expect, onTestFinished, test } from 'vitest';
import { BRACKETED_PASTE } from '../src/pairing/paste-gathering.ts';
import { type DocumentCommand, documentCommands } from './support/document-commands.ts';
import { GOES_ON, MAY_FAIL, NOT_RUN, NOT_RUN_PROGRAMS, type Stand, SUBSTITUTIONS } from './support/document-runs.ts';
import { type Session, shellSession, terminalSession } from './support/terminal-session.ts';
import { temporaryFolder } from './two-devices.ts';

const BIN = fileURLToPath(new URL('../bin', import.meta.url));
const NODE = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url));

/** Which of the two devices a command of a page is for that says so only in its remark. The rest is for the nas. */
const ON_THE_LAPTOP: readonly RegExp[] = [/^bowline pair/, /^bowline connect nas /, /^bowline push .* nas$/];

const isRun = ({ command }: DocumentCommand): boolean =>
  NOT_RUN[command] === undefined && NOT_RUN_PROGRAMS[command.split(' ', 1)[0] ?? ''] === undefined;

const portsOf = async (): Promise<Readonly<Record<Stand, number>>> => ({
  'port of the relay': await freePort('tcp'),
  'port of the service': await freePort('tcp'),
  'port for pairing': await freePort('udp'),
  'port of connect': await freePort('tcp'),
});

/** A person's two devices: a folder with what the documents speak of, and how commands are run there. */
const household = async () => {
  const folder = temporaryFolder();
  const ports = await portsOf();
  mkdirSync(join(folder, 'photos'));
  writeFileSync(join(folder, 'photos', 'boat.jpg'), 'a boat');
  writeFileSync(join(folder, 'notes.txt'), 'notes');
  const runnable = (command: string): string =>
    SUBSTITUTIONS.reduce((text, [written, stand, run]) => text.replace(written, run(ports[stand])), command);
  const options = (where: string) => ({
    cwd: folder,
    env: {
      ...process.env,
      HOME: folder,
      PATH: `${BIN}:${NODE}:${process.env.PATH ?? ''}`,
      BOWLINE_DATA_DIR: join(folder, where),
    },
  });
  const begin = (command: string, where: string, isTerminal = false): Session => {
    const session = isTerminal
      ? terminalSession(runnable(command), { ...options(where), columns: 80, rows: 24 })
      : shellSession(runnable(command), options(where));
    onTestFinished(async () => {
      session.child.kill('SIGTERM');
      await session.ended;
    });
    return session;
  };
  return { folder, begin };
};

type Household = Awaited<ReturnType<typeof household>>;

/** Joins as a person does: pastes the page of the other device at the prompt, enters it, and says that the digits agree. */
const joinAtTerminal = async ({ begin }: Household, command: string, page: string): Promise<void> => {
  const joining = begin(command, 'nas', true);
  await joining.says(/or its ticket/);
  joining.type(
    `${BRACKETED_PASTE.on.replace('?2004h', '200~')}${page}${BRACKETED_PASTE.off.replace('?2004l', '201~')}\r`,
  );
  await joining.says(/Does it show \d{3} \d{3} as well/);
  joining.type('y');
  expect(await joining.ended, joining.said()).toBe(0);
};

/** Runs one command as it is written; what goes on is left running once it has begun. */
const runner = (home: Household) => {
  const outputs = new Map<string, string>();
  let page = '';
  const run = async (command: string, where: string): Promise<void> => {
    if (/^bowline join(?! -(?:\s|$))/.test(command)) return joinAtTerminal(home, command, page);
    const session = home.begin(command, where);
    const goesOn = GOES_ON.find(([pattern]) => pattern.test(command));
    if (goesOn === undefined) {
      session.child.stdin?.end();
      const exitCode = await session.ended;
      if (!MAY_FAIL.some((each) => each.test(command))) expect(exitCode, `${command}\n${session.said()}`).toBe(0);
      outputs.set(command, session.said());
      return;
    }
    const begun = session.says(goesOn[1]);
    if (command.startsWith('bowline events')) {
      // It says nothing until something happens, so it is made to happen until it is seen.
      let isSeen = false;
      begun.finally(() => {
        isSeen = true;
      });
      while (!isSeen) await run('bowline send nas "hello"', 'laptop');
    }
    const said = await begun;
    if (!command.startsWith('bowline pair')) return;
    // As the page shows them: a person would type or paste them.
    page = said.slice(said.lastIndexOf('\n 1 '));
    writeFileSync(join(home.folder, 'words.txt'), page);
    expect(wordsOfEntropy(parseCode(said).entropy).split(' ')).toHaveLength(12);
  };
  return { run, outputs };
};

/** Those that change nothing need not wait for each other. */
const ONLY_ASKS =
  /^bowline (?:devices|status|why|timeline|services|receive$|events --last|relay status|backup list|inspect|doctor)/;

const inGroups = (commands: readonly DocumentCommand[]): readonly (readonly DocumentCommand[])[] => {
  const groups: DocumentCommand[][] = [];
  for (const each of commands) {
    const last = groups.at(-1);
    const asks = (one: DocumentCommand | undefined): boolean => one !== undefined && ONLY_ASKS.test(one.command);
    if (asks(each) && asks(last?.[0])) last?.push(each);
    else groups.push([each]);
  }
  return groups;
};

test('every command of the documents works as it is written there', { timeout: 300_000 }, async () => {
  const home = await household();
  const { run, outputs } = runner(home);
  const commands = documentCommands().filter(isRun);
  const walk = commands.filter(({ where }) => where !== null);
  const pages = commands.filter(({ where }) => where === null);
  expect(walk.length).toBeGreaterThan(30);
  for (const group of inGroups(walk)) await Promise.all(group.map(({ command, where }) => run(command, where ?? '')));
  const walked = new Map(outputs);
  let isPaired = false;
  for (const group of inGroups(pages)) {
    // A page that pairs begins with two devices that are not.
    const isPair = /^bowline pair/.test(group[0]?.command ?? '');
    if (isPair && isPaired) await run('bowline unpair laptop', 'nas');
    isPaired ||= isPair;
    const runsOn = (command: string) => (ON_THE_LAPTOP.some((each) => each.test(command)) ? 'laptop' : 'nas');
    await Promise.all(group.map(({ command }) => run(command, runsOn(command))));
  }
  expect(walked.get('bowline join - < words.txt')).not.toMatch(/argument/);
  expect(walked.get('bowline devices')).toContain('No device is paired yet');
  expect(walked.get('bowline events --last 20')).toMatch(
    /paired with laptop (?:.*\n)*.*laptop: hello\n(?:.*\n)*.*found by its name/,
  );
  expect(walked.get('bowline send "office\'s nas" "found by its name"')).toMatch(/^Delivered/);
  expect(walked.get('bowline status -v')).toMatch(/nas +d-\w+ +connected/);
  expect(outputs.get('bowline push photos notes.txt nas')).toMatch(/2 files/);
});
