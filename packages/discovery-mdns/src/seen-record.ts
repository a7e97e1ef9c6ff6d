import { isIPv4 } from 'node:net';
import { type SocketAddress, socketAddressOf } from '@bowline/contracts';
import { ipv4Number, isOnLink, type LanNetwork } from './lan-network.ts';
import { type LanRecord, type RecordFault, readRecordText } from './lan-record.ts';

/** A record of a Bowline device as it was heard: a hint where somebody may be, never a proof. */
export interface SeenRecord extends LanRecord {
  /** The full name it was announced under, unique for each announcement. */
  readonly instance: string;
  /** Who sent the packet. */
  readonly sourceAddress: string;
  /** The sender, and the first that it claims beside, a neighbour before others. */
  readonly directAddresses: readonly SocketAddress[];
}

/** Why a service that was heard is not used. */
export type SeenRecordFault = RecordFault | 'instance' | 'source';

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
 * Reads what the mDNS library made of a stranger's packet; nothing about its shape is taken for granted. An IPv6
 * address is passed over: the port of the record belongs to the IPv4 socket.
 */
export const readSeenRecord = (service: unknown, network: LanNetwork): SeenRecord | SeenRecordFault => {
  const { fqdn, txt, addresses, referer } = fieldsOf(service);
  if (typeof fqdn !== 'string' || fqdn === '' || fqdn.length > MAX_NAME_CHARACTERS) return 'instance';
  const { address: sourceAddress } = fieldsOf(referer);
  if (typeof sourceAddress !== 'string' || !isUsable(sourceAddress, network)) return 'source';
  const record = readRecordText(txt);
  if (typeof record === 'string') return record;
  const claimed: readonly unknown[] = Array.isArray(addresses) ? addresses.slice(0, MAX_CLAIMS) : [];
  const usable = claimed.filter((claim): claim is string => typeof claim === 'string' && isUsable(claim, network));
  const ordered = [
    sourceAddress,
    ...usable.filter((claim) => isOnLink(network, claim)),
    ...usable.filter((claim) => !isOnLink(network, claim)),
  ];
  const directAddresses = [...new Set(ordered)].slice(0, MAX_ADDRESSES).map((ip) => socketAddressOf(ip, record.port));
  return { ...record, instance: fqdn.toLowerCase(), sourceAddress, directAddresses };
};

/** One device's address: not "this network", not multicast or broadcast, and loopback only where that is the network. */
const isUsable = (address: string, network: LanNetwork): boolean => {
  if (!isIPv4(address)) return false;
  const firstByte = ipv4Number(address) >>> 24;
  return firstByte !== 0 && firstByte < 224 && (firstByte !== 127 || network.isLoopback);
};

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
