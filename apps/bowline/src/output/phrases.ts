import type {
  DeviceReport,
  DiscoverySourceName,
  LinkDownReason,
  MdnsReport,
  OpenedPortReport,
  PathKind,
  RelayDownReason,
  RelayReport,
  StoreKeyKind,
} from '@bowline/contracts';
import type { Cell, Tone } from './table.ts';

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

/** "directly" or "through a relay". */
export const pathPhrase = (path: PathKind | null): string => {
  if (path === null) return 'on a path not known yet';
  return path === 'direct' ? 'directly' : 'through a relay';
};

/** Why a relay is not connected, and what may be done about it. */
const RELAY_DOWN: Readonly<Record<RelayDownReason, readonly [why: string, remedy: string | null]>> = {
  dns: ['its name was not found', 'check the name, and whether this network resolves others'],
  tcp: ['nothing answers at its address', 'check the port, and firewalls between here and there'],
  tls: [
    'its certificate is not trusted here',
    'name a private authority with --relay-ca, or have the certificate renewed',
  ],
  http: ['what answers is no relay', 'check the address'],
  auth: ['it does not admit this device', 'set BOWLINE_RELAY_TOKEN, or have its owner allow this endpoint'],
  version: ['it speaks another version', 'update the relay or this device'],
  protocol: ['it answers what no relay does', null],
  timeout: ['it does not answer in time', null],
  closed: ['it closed the connection', null],
  displaced: [
    'another device logged in there with the identity of this one',
    'see that no copy of its data directory runs',
  ],
  contested: [
    'somebody logs in there with the identity of this device again and again',
    'see that no copy of its data directory runs, and use a relay over https: over http whoever is on the way can do this',
  ],
  proxy: [
    'the proxy of this device cannot be used, or opens no way to it',
    'check HTTPS_PROXY, ALL_PROXY, HTTP_PROXY and NO_PROXY; http:// and socks5:// are spoken',
  ],
  notConfigured: [
    'another device named it, and this one is not told to use it',
    'add it to the relays here if you trust it',
  ],
};

/** @param reason one of a later release is named as it names itself */
export const relayDownPhrase = (reason: RelayDownReason): string => RELAY_DOWN[reason]?.[0] ?? reason;

/** The same with what may be done about it. */
export const relayDownAdvice = (reason: RelayDownReason): string =>
  RELAY_DOWN[reason].filter((part) => part !== null).join('; ');

/** What kept a relay from answering, `tcp: ECONNREFUSED` as programs get it, with what may be done about it. */
export const relayProblemPhrase = (problem: string): string => {
  const reason = problem.split(':', 1)[0] ?? '';
  return Object.hasOwn(RELAY_DOWN, reason) ? relayDownAdvice(reason as RelayDownReason) : problem;
};

const LINK_DOWN: Readonly<Record<LinkDownReason, string>> = {
  goodbye: 'it left',
  notResponding: 'it does not answer',
  connectionLost: 'the connection broke',
  endpointLost: 'the network part of this device restarts',
  cloned: 'one of the two runs twice, from copies of the same data',
  unpaired: 'it was unpaired',
  superseded: 'a newer connection took its place',
  protocolError: 'it said what no Bowline says',
  closedHere: 'this device closed the connection',
};

export const linkDownPhrase = (reason: LinkDownReason): string => LINK_DOWN[reason];

/** The same for a reason that was kept, which may be one of a later release. */
export const keptLinkDownPhrase = (reason: string): string =>
  (LINK_DOWN as Readonly<Record<string, string>>)[reason] ?? reason;

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
