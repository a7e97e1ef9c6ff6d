import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { InvalidOptionError, type LogLevel } from '@bowline/contracts';

/** What the environment says; the only place that reads it. */
export interface Environment {
  /** `BOWLINE_DATA_DIR`, or the system's usual place for data of a user. */
  readonly dataDir: string;
  /** `BOWLINE_LOG`: the least important level written to stderr. */
  readonly logLevel: LogLevel;
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
    defaultName: hostname() || 'device',
  };
};

const defaultDataDir = (env: NodeJS.ProcessEnv): string => {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Bowline');
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? homedir(), 'Bowline');
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'bowline');
};
