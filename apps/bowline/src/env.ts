import { hostname, tmpdir } from 'node:os';
import { isAbsolute } from 'node:path';
import { InvalidOptionError, type LogLevel } from '@bowline/contracts';
import { KEY_KINDS, type TypedKeyKind } from './key/key-arguments.ts';
import { systemFolders } from './system-folders.ts';

/** What the environment says; the only place that reads it. */
export interface Environment {
  /** `BOWLINE_DATA_DIR`, or the system's usual place for data of a user; `null` where nothing says it. */
  readonly dataDir: string | null;
  /** The system's usual place, whatever `BOWLINE_DATA_DIR` says. */
  readonly usualDataDir: string | null;
  /** Whose services this system may keep. */
  readonly user: { readonly home: string; readonly configHome: string | null; readonly name: string };
  /** Where a socket may be that has no place in the data directory. */
  readonly socketFolders: { readonly runtimeDir: string | null; readonly temporaryDir: string };
  /** `BOWLINE_LOG`: the least important level written to stderr. */
  readonly logLevel: LogLevel;
  /** `BOWLINE_KEY`: where a new device keeps the key of its store. */
  readonly keyKind: TypedKeyKind | undefined;
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
  const keyKind = env.BOWLINE_KEY || undefined;
  if (keyKind !== undefined && !KEY_KINDS.some((kind) => kind === keyKind)) {
    throw new InvalidOptionError('BOWLINE_KEY', `must be one of ${KEY_KINDS.join(', ')}`, keyKind);
  }
  const folders = systemFolders(env);
  return {
    dataDir: env.BOWLINE_DATA_DIR || folders.data,
    usualDataDir: folders.data,
    user: userOf(env),
    socketFolders: { runtimeDir: folders.runtime, temporaryDir: tmpdir() },
    logLevel: logLevel as LogLevel,
    keyKind: keyKind as TypedKeyKind | undefined,
    relayToken: env.BOWLINE_RELAY_TOKEN || undefined,
    proxy: proxyOf(env),
    defaultName: hostname() || 'device',
  };
};

const userOf = (env: NodeJS.ProcessEnv): Environment['user'] => {
  const { USERNAME, USER, LOGNAME, USERDOMAIN, XDG_CONFIG_HOME } = env;
  const name = USERNAME ?? USER ?? LOGNAME ?? '';
  return {
    home: env.HOME ?? env.USERPROFILE ?? '/',
    configHome: XDG_CONFIG_HOME !== undefined && isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : null,
    name: process.platform === 'win32' && USERDOMAIN !== undefined ? `${USERDOMAIN}\\${name}` : name,
  };
};

const proxyOf = (env: NodeJS.ProcessEnv): Environment['proxy'] => {
  const read = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined;
  const url = read('HTTPS_PROXY') ?? read('ALL_PROXY') ?? read('HTTP_PROXY');
  const noProxy = (read('NO_PROXY') ?? '').split(',').map((entry) => entry.trim());
  return url === undefined ? null : { url: proxyUrlOf(url), noProxy: noProxy.filter((entry) => entry !== '') };
};

/** What is no URL at all: it hurts only where a relay would need it, and there it is told. */
const UNUSABLE_PROXY = 'unusable:';

/** `host:port` is of http, as everybody reads it. */
const proxyUrlOf = (text: string): string => {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(url) ? url : UNUSABLE_PROXY;
};
