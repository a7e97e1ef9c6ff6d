import { WrongUseError } from '../errors.ts';
import { byteCountOf } from '../output/byte-count.ts';
import type { RelayConfig } from './config-file.ts';

/** What the flags of `bowline relay serve` say, as commander reads them. */
export interface ServeFlags {
  readonly config?: string;
  readonly bind?: string;
  readonly port?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly token?: readonly string[];
  readonly tokenFile?: string;
  readonly tokenInUrl?: boolean;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly callOut?: string;
  readonly callOutTokenFile?: string;
  readonly maxClients?: number;
  readonly receiveLimit?: string;
  readonly connectionRate?: number;
  readonly metricsBind?: string;
  readonly metricsPort?: number;
  readonly observerBind?: string;
  readonly observerPort?: number | 'off';
  readonly publicHost?: readonly string[];
  readonly logAddresses?: boolean;
}

/** Seconds' worth of its rate that a client may send, or an address connect, at once. */
const RECEIVE_BURST_SECONDS = 2;
const CONNECTION_BURST_SECONDS = 10;

/** The configuration that `flags` make of the one in the file: field by field, a flag wins. @throws WrongUseError */
export const withFlags = (config: RelayConfig, flags: ServeFlags): RelayConfig => {
  const { bind, port, logAddresses, publicHost, tokenInUrl } = flags;
  const tls = tlsOf(config, flags);
  const access = accessOf(config, flags);
  const limits = limitsOf(config, flags);
  const metrics = metricsOf(config, flags);
  const observer = observerOf(config, flags);
  return {
    ...config,
    ...(bind !== undefined && { bind }),
    ...(port !== undefined && { port }),
    ...(tls && { tls }),
    ...(access && { access }),
    ...(limits && { limits }),
    ...(metrics && { metrics }),
    ...(observer && { observer }),
    ...(tokenInUrl !== undefined && { tokenInUrl }),
    ...(publicHost && { publicHosts: [...publicHost] }),
    ...(logAddresses !== undefined && { logAddresses }),
  };
};

const tlsOf = ({ tls }: RelayConfig, { tlsCert, tlsKey }: ServeFlags): RelayConfig['tls'] => {
  const certificateFile = tlsCert ?? tls?.certificateFile;
  const privateKeyFile = tlsKey ?? tls?.privateKeyFile;
  if (certificateFile === undefined && privateKeyFile === undefined) return undefined;
  if (certificateFile === undefined || privateKeyFile === undefined) {
    throw new WrongUseError('--tls-cert and --tls-key go together: give both files, or neither.');
  }
  return { certificateFile, privateKeyFile };
};

const accessOf = ({ access }: RelayConfig, flags: ServeFlags): RelayConfig['access'] => {
  const { token, tokenFile, allow, deny, callOut, callOutTokenFile } = flags;
  if (callOutTokenFile !== undefined && callOut === undefined && access?.callOut === undefined) {
    throw new WrongUseError('--call-out-token-file needs the service it is for: --call-out URL.');
  }
  const url = callOut ?? access?.callOut?.url;
  const bearerTokenFile = callOutTokenFile ?? access?.callOut?.bearerTokenFile;
  const isGiven = [token, tokenFile, allow, deny, callOut, callOutTokenFile].some((each) => each !== undefined);
  if (!isGiven) return access;
  return {
    ...access,
    ...(token && { tokens: [...token] }),
    ...(tokenFile !== undefined && { tokenFile }),
    ...(allow && { allow: [...allow] }),
    ...(deny && { deny: [...deny] }),
    ...(url !== undefined && { callOut: { ...access?.callOut, url, ...(bearerTokenFile && { bearerTokenFile }) } }),
  };
};

const limitsOf = ({ limits }: RelayConfig, flags: ServeFlags): RelayConfig['limits'] => {
  const { maxClients, receiveLimit, connectionRate } = flags;
  const bytesPerSecond = byteCountOf('--receive-limit', receiveLimit);
  const { receiveLimit: _unlimited, ...others } = limits ?? {};
  return {
    ...(receiveLimit === undefined ? limits : others),
    ...(maxClients !== undefined && { maxClients }),
    ...(bytesPerSecond !== null && {
      receiveLimit: { bytesPerSecond, burstBytes: bytesPerSecond * RECEIVE_BURST_SECONDS },
    }),
    ...(connectionRate !== undefined && {
      connectionRate: { perSecond: connectionRate, burst: connectionRate * CONNECTION_BURST_SECONDS },
    }),
  };
};

const metricsOf = ({ metrics }: RelayConfig, { metricsBind, metricsPort }: ServeFlags): RelayConfig['metrics'] => {
  const port = metricsPort ?? metrics?.port;
  if (port !== undefined) return { ...metrics, port, ...(metricsBind !== undefined && { bind: metricsBind }) };
  if (metricsBind === undefined) return undefined;
  throw new WrongUseError('--metrics-bind needs a port: --metrics-port N.');
};

const observerOf = ({ observer }: RelayConfig, { observerBind, observerPort }: ServeFlags): RelayConfig['observer'] => {
  const before = observer === 'off' ? undefined : observer;
  const port = observerPort ?? before?.port;
  if (port === 'off') {
    if (observerBind !== undefined) throw new WrongUseError('--observer-bind has no use with --observer-port off.');
    return port;
  }
  if (port !== undefined) return { ...before, port, ...(observerBind !== undefined && { bind: observerBind }) };
  if (observerBind === undefined) return observer;
  throw new WrongUseError('--observer-bind needs a port: --observer-port N.');
};
