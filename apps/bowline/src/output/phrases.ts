import {
  addressScopeOf,
  type DeviceReport,
  type DiscoverySourceName,
  ipOf,
  type MdnsReport,
  type OpenedPortReport,
  type PathKind,
  type RelayDownReason,
  type RelayReport,
  type StoreKeyKind,
  type TcpReport,
} from '@bowline/contracts';
import { relayDownPhrase } from '@bowline/diagnosis/phrases';
import type { Cell, Tone } from './table.ts';

export { keptLinkDownPhrase, linkDownPhrase } from '@bowline/diagnosis/phrases';

/** Where the key of the store is, as the end of a sentence. */
export const keyPhrase = (kind: StoreKeyKind): string => KEY_PHRASES[kind];

const KEY_PHRASES: Readonly<Record<StoreKeyKind, string>> = {
  keychain: "in this user's keychain",
  passphrase: 'under a passphrase',
  file: 'in a file beside it, open to nobody else',
  app: 'with the app that made it',
};

/** Whether devices are found on the local network; why not, and what to do. */
export const mdnsPhrase = ({ state, problem }: MdnsReport): string => {
  if (state === 'off') return 'devices are not looked for (mDNS is switched off)';
  if (state === 'works') return 'devices find each other (mDNS works)';
  return problem === null
    ? 'devices do not find each other (mDNS does not work)'
    : `devices do not find each other: ${problem.reason.charAt(0).toLowerCase()}${problem.reason.slice(1)}; ${problem.remedy}`;
};

/** What became of a port that a router opened, and nobody wanted. */
export const openedPortPhrase = ({ address, isClosed, reason }: OpenedPortReport): string =>
  isClosed
    ? `iroh had it open a port (${address}), which was closed again; it is looked after while this device runs`
    : `iroh had it open a port to the internet (${address}), which could not be closed (${reason}); switch off UPnP in the router`;

const TCP_REACH: Readonly<Record<TcpReport['reach'], string>> = {
  off: 'by QUIC alone; TCP is switched off',
  private: 'by TCP on local networks, otherwise by QUIC',
  public: 'by TCP on local networks and across the internet, otherwise by QUIC',
};

/** What large streams use, as far as this device is concerned, and where anybody may knock. */
export const tcpReachPhrase = ({ reach, listeningAt }: TcpReport): string => {
  const facing = listeningAt.filter((address) => addressScopeOf(ipOf(address)) === 'internet');
  return facing.length === 0 ? TCP_REACH[reach] : `${TCP_REACH[reach]}; it listens at ${facing.join(', ')}`;
};

/** "directly" or "through a relay". */
export const pathPhrase = (path: PathKind | null): string => {
  if (path === null) return 'on a path not known yet';
  return path === 'direct' ? 'directly' : 'through a relay';
};

/** What may be done here about a relay that is not connected. */
const RELAY_ADVICE: Readonly<Record<RelayDownReason, string | null>> = {
  dns: 'check the name, and whether this network resolves others',
  tcp: 'check the port, and firewalls between here and there',
  portClosed: 'see that the relay runs, and check the port',
  noNetwork: 'connect it to one',
  noRoute: 'check the gateway of this network, and whether it has the kind of address that the relay has (IPv4, IPv6)',
  tls: 'name a private authority with --relay-ca, or have the certificate renewed',
  certificateDates: 'check the clock of this device, or have the certificate renewed',
  http: 'check the address',
  unavailable: 'see that the relay runs behind its web server, and has room',
  auth: 'set BOWLINE_RELAY_TOKEN, or have its owner allow this endpoint',
  version: 'update the relay or this device',
  protocol: null,
  timeout: null,
  closed: null,
  displaced: 'see that no copy of its data directory runs',
  contested:
    'see that no copy of its data directory runs, and use a relay over https: over http whoever is on the way can do this',
  proxy: 'check HTTPS_PROXY, ALL_PROXY, HTTP_PROXY and NO_PROXY; http:// and socks5:// are spoken',
  notConfigured: 'add it to the relays here if you trust it',
};

/** Why a relay is not connected, and what may be done about it. */
export const relayDownAdvice = (reason: RelayDownReason): string =>
  [relayDownPhrase(reason), RELAY_ADVICE[reason]].filter((part) => part !== null).join('; ');

/** What kept a relay from answering, `tcp: ECONNREFUSED` as programs get it, with what may be done about it. */
export const relayProblemPhrase = (problem: string): string => {
  const reason = problem.split(':', 1)[0] ?? '';
  return Object.hasOwn(RELAY_ADVICE, reason) ? relayDownAdvice(reason as RelayDownReason) : problem;
};

/** Those that have a phrase of their own; any other is named as it names itself. */
const SOURCES: Readonly<Partial<Record<DiscoverySourceName, string>>> = {
  mdns: 'on the local network',
  ticket: 'by the ticket',
  address: 'at the address given',
  rendezvous: 'by the words, across the internet',
};

/** How another device was looked for. */
export const sourcePhrase = (source: DiscoverySourceName): string => SOURCES[source] ?? `by ${source}`;

const RELAY_TONES: Readonly<Record<RelayReport['state'], Tone>> = {
  connected: 'good',
  connecting: 'busy',
  down: 'bad',
};

export const relayStateCell = ({ state, downReason }: Pick<RelayReport, 'state' | 'downReason'>): Cell => ({
  text: downReason === null ? state : `${state}: ${relayDownPhrase(downReason)}`,
  tone: RELAY_TONES[state],
});

const PEER_TONES: Readonly<Record<DeviceReport['state'], Tone>> = {
  connected: 'good',
  connecting: 'busy',
  offline: 'quiet',
};

export const peerStateCell = (state: DeviceReport['state']): Cell => ({ text: state, tone: PEER_TONES[state] });
