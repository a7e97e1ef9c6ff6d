import { isIPv4 } from 'node:net';
import { isOfAnotherDevice, type SocketAddress, socketAddressOf } from '@bowline/contracts';
import { ipBytes, ipText } from './ip-bytes.ts';
import { isOnLink, type LanNetwork, withoutZone } from './lan-network.ts';
import { type LanRecord, type RecordFault, readRecordText } from './lan-record.ts';

/** A record of a Bowline device as it was heard: a hint where somebody may be, never a proof. */
export interface SeenRecord extends LanRecord {
  /** The full name it was announced under, unique for each announcement. */
  readonly instance: string;
  /** Who sent the packet. */
  readonly sourceAddress: string;
  /** At most two: over IPv4 the sender, and the first that it claims beside; over IPv6 the first on the link that it claims. */
  readonly directAddresses: readonly SocketAddress[];
}

/** Why a service that was heard is not used. */
export type SeenRecordFault = RecordFault | 'instance' | 'source' | 'addresses';

/** Longest DNS name, characters (RFC 1035 section 2.3.4). */
const MAX_NAME_CHARACTERS = 255;

/**
 * Addresses used of one record. Who sent it is where the device is, on every network where it is heard; one more, for a
 * sender that stands in for it. What else it claims would be dialled on a stranger's word.
 */
const MAX_ADDRESSES = 2;

/** Claimed addresses looked at. */
const MAX_CLAIMS = 64;

/**
 * Reads what the mDNS library made of a stranger's packet; nothing about its shape is taken for granted. An address of the
 * other family is passed over: the port of the record belongs to the socket of the network's own.
 */
export const readSeenRecord = (service: unknown, network: LanNetwork): SeenRecord | SeenRecordFault => {
  const { fqdn, txt, addresses, referer } = fieldsOf(service);
  if (typeof fqdn !== 'string' || fqdn === '' || fqdn.length > MAX_NAME_CHARACTERS) return 'instance';
  const { address: sourceAddress } = fieldsOf(referer);
  if (typeof sourceAddress !== 'string' || !isSource(sourceAddress, network)) return 'source';
  const record = readRecordText(txt);
  if (typeof record === 'string') return record;
  const claimed: readonly unknown[] = Array.isArray(addresses) ? addresses.slice(0, MAX_CLAIMS) : [];
  const texts = claimed.filter((claim): claim is string => typeof claim === 'string');
  const ordered =
    network.family === 'ipv4' ? ipv4Addresses(sourceAddress, texts, network) : ipv6Addresses(texts, network);
  if (ordered.length === 0) return 'addresses';
  const directAddresses = [...new Set(ordered)].slice(0, MAX_ADDRESSES).map((ip) => socketAddressOf(ip, record.port));
  return { ...record, instance: fqdn.toLowerCase(), sourceAddress, directAddresses };
};

const isSource = (address: string, network: LanNetwork): boolean =>
  network.family === 'ipv4' ? isUsable(address, network) : isOnLink(network, address);

/** The sender, then neighbours before others. */
const ipv4Addresses = (source: string, claims: readonly string[], network: LanNetwork): readonly string[] => {
  const usable = claims.filter((claim) => isUsable(claim, network));
  return [
    source,
    ...usable.filter((claim) => isOnLink(network, claim)),
    ...usable.filter((claim) => !isOnLink(network, claim)),
  ];
};

/** Packets come from a link-local address, which cannot be dialled, so its other ones have to be believed: those on this link. */
const ipv6Addresses = (claims: readonly string[], network: LanNetwork): readonly string[] =>
  claims
    .filter((claim) => claim === withoutZone(claim) && isOfAnotherDevice(claim) && isOnLink(network, claim))
    .map((claim) => ipText(ipBytes(claim)));

/** One device's address: not "this network", not multicast or broadcast, and loopback only where that is the network. */
const isUsable = (address: string, network: LanNetwork): boolean => {
  if (!isIPv4(address)) return false;
  const firstByte = Number(address.split('.', 1)[0]);
  return firstByte !== 0 && firstByte < 224 && (firstByte !== 127 || network.isLoopback);
};

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
