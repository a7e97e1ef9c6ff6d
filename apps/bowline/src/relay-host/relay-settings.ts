import { type EndpointId, InvalidOptionError } from '@bowline/contracts';
import type { Access, AccessCallOut, RelayServerOptions, RelayTls } from '@bowline/relay-server';
import { type RelayConfig, readConfigFile } from './config-file.ts';
import { type ServeFlags, withFlags } from './serve-flags.ts';
import { readSmallFile } from './small-file.ts';

/** What `bowline relay serve` runs with, files read. */
export type HostedRelaySettings = Partial<RelayServerOptions> & Pick<RelayServerOptions, 'access' | 'tls'>;

/** The port `iroh-relay` uses for plain http, so that clients need no other habit. */
const DEFAULT_RELAY_PORT = 3_340;
const DEFAULT_BIND = '::';
/** Metrics tell who is here and how busy: they stay on this machine unless asked otherwise. */
const DEFAULT_METRICS_BIND = '127.0.0.1';

/** Reads the configuration, and what flags make of it. @throws WrongUseError, InvalidOptionError */
export const readServeConfig = async (flags: ServeFlags): Promise<RelayConfig> =>
  withFlags(flags.config === undefined ? {} : await readConfigFile(flags.config), flags);

/** Where the observer beside a relay is to listen. */
export interface ObserverPlace {
  readonly bindAddress: string;
  /** UDP port of the first endpoint; 0 for any. */
  readonly port: number;
  /** Whether somebody said so: then a relay that cannot have it does not start. */
  readonly isAsked: boolean;
}

/** Unless told otherwise it stands beside the relay, with the same port number; on this machine alone nobody needs it. */
export const observerPlaceOf = (config: RelayConfig): ObserverPlace | null => {
  const { bind = DEFAULT_BIND, port = DEFAULT_RELAY_PORT, observer } = config;
  if (observer === 'off') return null;
  if (observer !== undefined) {
    return { bindAddress: observer.bind ?? bind, port: observer.port, isAsked: true };
  }
  const isHere = bind.startsWith('127.') || bind === '::1';
  return isHere ? null : { bindAddress: bind, port, isAsked: false };
};

/**
 * Reads flags, configuration and every file they name. Reading it again tells what changed.
 *
 * @throws WrongUseError, InvalidOptionError; ranges are the relay's own to check
 */
export const readRelaySettings = async (flags: ServeFlags): Promise<HostedRelaySettings> => {
  const config = await readServeConfig(flags);
  const {
    bind = DEFAULT_BIND,
    port = DEFAULT_RELAY_PORT,
    limits,
    logAddresses,
    metrics,
    publicHosts,
    tokenInUrl,
  } = config;
  if (metrics !== undefined) demandOtherPort(bind, port, metrics.bind ?? DEFAULT_METRICS_BIND, metrics.port);
  const [tls, access] = await Promise.all([readTls(config), readAccess(config)]);
  return {
    bindAddress: bind,
    port,
    tls,
    access,
    ...givenOf(limits ?? {}),
    ...(metrics && { monitoring: { bindAddress: metrics.bind ?? DEFAULT_METRICS_BIND, port: metrics.port } }),
    ...(tokenInUrl !== undefined && { tokenInUrl }),
    ...(publicHosts && { publicHosts }),
    ...(logAddresses !== undefined && { logAddresses }),
  };
};

/** One port of one address has one owner, and the relay would be said to be in its own way. */
const demandOtherPort = (bind: string, port: number, metricsBind: string, metricsPort: number): void => {
  const binds = [bind, metricsBind];
  const isShared = bind === metricsBind || binds.some((each) => each === '::' || each === '0.0.0.0');
  if (port !== 0 && port === metricsPort && isShared) {
    throw new InvalidOptionError('metrics.port', `must differ from the relay's own port, ${port}`, metricsPort);
  }
};

/** Fields that were given: the relay takes a field that is there but undefined for a mistake. */
const givenOf = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const readTls = async ({ tls }: RelayConfig): Promise<RelayTls | null> => {
  if (tls === undefined) return null;
  // One after the other, so that of two that are missing the first is named.
  const certificatePem = await readSmallFile('--tls-cert', tls.certificateFile);
  const privateKeyPem = await readSmallFile('--tls-key', tls.privateKeyFile);
  return { certificatePem, privateKeyPem };
};

const readAccess = async ({ access }: RelayConfig): Promise<Access> => {
  if (access === undefined) return 'everyone';
  const { tokens, tokenFile, allow, deny, callOut } = access;
  const filed = tokenFile === undefined ? [] : linesOf(await readSmallFile('--token-file', tokenFile));
  const hasTokens = tokens !== undefined || tokenFile !== undefined;
  return {
    ...(hasTokens && { tokens: [...(tokens ?? []), ...filed] }),
    // The relay checks that they are endpoint ids.
    ...(allow && { allow: allow.map(lowerCased) }),
    ...(deny && { deny: deny.map(lowerCased) }),
    ...(callOut && { callOut: await readCallOut(callOut) }),
  };
};

const lowerCased = (endpointId: string): EndpointId => endpointId.toLowerCase() as EndpointId;

/** One token a line; what follows a # at the beginning of a line is a remark. */
const linesOf = (content: string): readonly string[] =>
  content
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

type CallOutConfig = NonNullable<NonNullable<RelayConfig['access']>['callOut']>;

const readCallOut = async ({ url, bearerTokenFile, timeoutMs }: CallOutConfig): Promise<AccessCallOut> => ({
  url,
  ...(timeoutMs !== undefined && { timeoutMs }),
  ...(bearerTokenFile !== undefined && {
    bearerToken: (await readSmallFile('--call-out-token-file', bearerTokenFile)).trim(),
  }),
});
