import type { LinkDownReason, RelayDownReason, TcpAbsence, TcpDialFailure } from '@bowline/contracts';

const RELAY_DOWN: Readonly<Record<RelayDownReason, string>> = {
  dns: 'its name was not found',
  tcp: 'nothing answers at its address',
  portClosed: 'nothing listens at its address',
  noRoute: 'no way leads from this device to its address',
  noNetwork: 'this device is on no network',
  tls: 'its certificate is not trusted here',
  certificateDates: 'its certificate is not valid yet, or not any more, by the clock of this device',
  http: 'what answers is no relay',
  unavailable: 'it answers that it cannot serve now',
  auth: 'it does not admit this device',
  version: 'it speaks another version, or its web server does not pass WebSockets on',
  protocol: 'it answers what no relay does',
  timeout: 'it does not answer on the connection to it',
  closed: 'the connection to it ended',
  displaced: 'another device logged in there with the identity of this one',
  contested: 'somebody logs in there with the identity of this device again and again',
  proxy: 'the proxy of this device cannot be used, or opens no way to it',
  notConfigured: 'another device named it, and this one is not told to use it',
};

/** Why a relay is not connected. @param reason one of a later release is named as it names itself */
export const relayDownPhrase = (reason: RelayDownReason): string =>
  (RELAY_DOWN as Readonly<Record<string, string>>)[reason] ?? reason;

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

/** Why a connection ended. */
export const linkDownPhrase = (reason: LinkDownReason): string => LINK_DOWN[reason];

/** The same for a reason that was kept, which may be one of a later release. */
export const keptLinkDownPhrase = (reason: string): string =>
  (LINK_DOWN as Readonly<Record<string, string>>)[reason] ?? reason;

const TCP_ABSENCE: Readonly<Record<TcpAbsence, string>> = {
  notNeeded: 'QUIC; TCP as soon as they carry much',
  offHere: 'QUIC: TCP is switched off here',
  offThere: 'QUIC: TCP is switched off there, or the release there knows none',
  relayed: 'QUIC: no TCP goes through relays',
  noSharedNetwork:
    'QUIC: the two share no network, and TCP across the internet is not allowed on both, or not possible',
  blocked: 'QUIC: no TCP gets through, most likely because of a firewall here or there',
  lost: 'QUIC: the TCP connection broke; it is tried again while they carry much',
};

/** What streams that carry much use where there is no TCP connection, and why. */
export const tcpAbsencePhrase = (reason: TcpAbsence): string =>
  (TCP_ABSENCE as Readonly<Record<string, string>>)[reason] ?? reason;

const TCP_FAILURE: Readonly<Record<TcpDialFailure, string>> = {
  refused: 'is refused',
  noAnswer: 'gets no answer',
  noRoute: 'finds no way',
  other: 'is answered by somebody else',
};

/** What comes of a TCP connection that a device wants to make. */
export const tcpFailurePhrase = (failure: TcpDialFailure): string =>
  (TCP_FAILURE as Readonly<Record<string, string>>)[failure] ?? failure;
