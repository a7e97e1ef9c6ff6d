/**
 * Makes the pictures of docs/terminal: two devices on this machine pair at two terminals, and are asked how they are. What
 * the pictures show is what the commands said there, byte for byte; the code in them has been used.
 *
 *     npm run pictures
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Session, shellSession, terminalSession } from '../../apps/bowline/test/support/terminal-session.ts';
import { ROOT } from '../package-shape.ts';
import { terminalPicture } from './terminal-picture.ts';

const FOLDER = join(ROOT, 'docs/terminal');

/** Wide enough for the QR code of a ticket, and for a status in one line a device. */
const SIZE = { columns: 108, rows: 60 } as const;

const home = mkdtempSync(join(tmpdir(), 'bowline-pictures-'));
const daemons: Session[] = [];

const optionsOf = (device: string) => ({
  cwd: home,
  env: {
    ...process.env,
    HOME: home,
    TERM: 'xterm-256color',
    NO_COLOR: undefined,
    PATH: `${join(ROOT, 'apps/bowline/bin')}:${join(ROOT, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
    BOWLINE_DATA_DIR: join(home, device),
  },
});

const up = async (device: string, relayUrl: string): Promise<void> => {
  const daemon = shellSession(`bowline up --name ${device} --bind 127.0.0.1 --relay ${relayUrl}`, optionsOf(device));
  daemons.push(daemon);
  await daemon.says(/is up/);
};

const atTerminal = (device: string, command: string): Session =>
  terminalSession(command, { ...optionsOf(device), ...SIZE });

const draw = async (name: string, title: string, command: string, said: string): Promise<void> => {
  const picture = await terminalPicture({ said: `$ ${command}\r\n${said}`, ...SIZE, title });
  writeFileSync(join(FOLDER, `${name}.svg`), picture);
};

/** Runs one to its end, and draws it. */
const show = async (name: string, title: string, device: string, command: string): Promise<void> => {
  const session = atTerminal(device, command);
  const exitCode = await session.ended;
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}:\n${session.said()}`);
  await draw(name, title, command, session.said());
};

try {
  mkdirSync(FOLDER, { recursive: true });
  const relay = shellSession('bowline relay serve --bind 127.0.0.1 --port 0', optionsOf('relay'));
  daemons.push(relay);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await relay.says(/listens on/))?.[0] ?? '';
  await Promise.all(['laptop', 'nas'].map((device) => up(device, url)));
  const pairing = atTerminal('nas', 'bowline pair --yes');
  const page = await pairing.says(/12 \w+/);
  const joining = atTerminal('laptop', 'bowline join');
  await joining.says(/or its ticket/);
  joining.type(`\u001b[200~${page.slice(page.lastIndexOf('\n 1 '))}\u001b[201~\r`);
  await joining.says(/Does it show \d{3} \d{3} as well/);
  joining.type('y');
  await Promise.all([joining.ended, pairing.ended]);
  await draw(
    'pair',
    'bowline pair shows a QR code, a ticket and twelve words, and then that it is paired',
    'bowline pair --yes',
    pairing.said(),
  );
  await draw('join', 'bowline join asks for the words, and whether the digits agree', 'bowline join', joining.said());
  await show('ping', 'bowline ping waits until the path is direct', 'laptop', 'bowline ping nas --until-direct');
  await show('status', 'bowline status shows devices, relays and the network', 'laptop', 'bowline status');
  await show('why', 'bowline why says why a device is connected as it is', 'laptop', 'bowline why nas');
  process.stdout.write(`Made: ${FOLDER}\n`);
} finally {
  for (const { child, ended } of daemons.toReversed()) {
    child.kill('SIGTERM');
    await ended;
  }
  rmSync(home, { recursive: true, force: true });
}
