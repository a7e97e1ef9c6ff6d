import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A session of its own: message bus, home, and gnome-keyring as its Secret Service. */
export interface TestSession {
  /** Address of its message bus. */
  readonly bus: string;
  /** What a process of this session has in its environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs a program in it and tells what it wrote. */
  run(program: string, ...args: readonly string[]): Promise<string>;
  lock(): Promise<void>;
  unlock(): Promise<void>;
  end(): Promise<void>;
}

/** Makes the keyring at the first time, and unlocks it, as a login does it. */
const LOGIN = 'printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1';

/** @param isUnlocked whether the keyring is made and unlocked with a password from standard input, as a login does it */
export const startSession = async ({ isUnlocked = true } = {}): Promise<TestSession> => {
  const home = mkdtempSync(join(tmpdir(), 'bowline-session-'));
  const runtime = join(home, 'runtime');
  mkdirSync(runtime, { mode: 0o700 });
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, DBUS_SESSION_BUS_ADDRESS: _other, ...inherited } = process.env;
  const environment = { ...inherited, HOME: home, XDG_RUNTIME_DIR: runtime };
  const shell = isUnlocked
    ? `${LOGIN}; echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat`
    : 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat';
  const child = spawn('dbus-run-session', ['--', 'bash', '-c', shell], {
    env: environment,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout });
  const [bus] = (await Promise.race([once(lines, 'line'), ended(child)])) as [string];
  const inSession = { ...environment, DBUS_SESSION_BUS_ADDRESS: bus };

  const run = async (program: string, ...args: readonly string[]): Promise<string> => {
    const running = spawn(program, args, { env: inSession, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    running.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const [code] = await once(running, 'close');
    if (code !== 0) throw new Error(`${program} ended with ${code}`);
    return said;
  };
  const session: TestSession = {
    bus,
    environment: inSession,
    run,
    lock: async () => {
      const args = ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets'];
      const collection = 'array:objpath:/org/freedesktop/secrets/aliases/default';
      await run('dbus-send', ...args, 'org.freedesktop.Secret.Service.Lock', collection);
    },
    unlock: async () => {
      const bus = ['--session', '--print-reply=literal', '--dest=org.freedesktop.DBus', '/'];
      const asked = ['org.freedesktop.DBus.GetConnectionUnixProcessID', 'string:org.freedesktop.secrets'];
      const pid = /\d+\s*$/.exec(await run('dbus-send', ...bus, ...asked))?.[0];
      // A new login: one that runs takes no password any more.
      process.kill(Number(pid));
      // One that is still ending would be given the password, and end with it.
      const isThere = ['org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
      while ((await run('dbus-send', ...bus, ...isThere)).includes('true'));
      await run('bash', '-c', LOGIN);
    },
    end: async () => {
      const isOver = once(child, 'close');
      child.stdin.end();
      await isOver;
      rmSync(home, { recursive: true, force: true });
    },
  };
  // The daemon is asked for its name on the bus before anything of ours is.
  if (isUnlocked) await run('secret-tool', 'search', 'service', 'none').catch(() => undefined);
  return session;
};

const ended = async (child: ChildProcess): Promise<never> => {
  await once(child, 'close');
  throw new Error('the session ended before it began; gnome-keyring and dbus are needed');
};
