import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { InvalidOptionError, type LogLevel } from '@bowline/contracts';

/** What the environment says; the only place that reads it. */
export interface Environment {
  /** `BOWLINE_DATA_DIR`, or the system's usual place for data of a user. */
  readonly dataDir: string;
  /** `BOWLINE_LOG`: the least important level written to stderr. */
  readonly logLevel: LogLevel;
  /** `BOWLINE_RELAY_TOKEN`: what the person's own relays ask their users for. A secret, and so no argument. */
  readonly relayToken: string | undefined;
  /** `HTTPS_PROXY`, `ALL_PROXY` or `HTTP_PROXY`, and the hosts of `NO_PROXY`; lower case counts, too. */
  readonly proxy: { readonly url: string; readonly noProxy: readonly string[] } | null;
  /** The name a new device gets. */
  readonly defaultName: string;
}

const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** @throws {@link InvalidOptionError} for a variable that breaks its rule */
export const readEnvironment = (env: NodeJS.ProcessEnv): Environment => {
  const logLevel = env.BOWLINE_LOG ?? 'error';
  if (!LOG_LEVELS.some((level) => level === logLevel)) {
    throw new InvalidOptionError('BOWLINE_LOG', `must be one of ${LOG_LEVELS.join(', ')}`, logLevel);
  }
  return {
    dataDir: env.BOWLINE_DATA_DIR || defaultDataDir(env),
    logLevel: logLevel as LogLevel,
    relayToken: env.BOWLINE_RELAY_TOKEN || undefined,
    proxy: proxyOf(env),
    defaultName: hostname() || 'device',
  };
};

const proxyOf = (env: NodeJS.ProcessEnv): Environment['proxy'] => {
  const read = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined;
  const url = read('HTTPS_PROXY') ?? read('ALL_PROXY') ?? read('HTTP_PROXY');
  const noProxy = (read('NO_PROXY') ?? '').split(',').map((entry) => entry.trim());
  return url === undefined ? null : { url, noProxy: noProxy.filter((entry) => entry !== '') };
};

const defaultDataDir = (env: NodeJS.ProcessEnv): string => {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Bowline');
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? homedir(), 'Bowline');
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'bowline');
};
