import { type EndpointId, parseEndpointId } from '@bowline/contracts';

/** What a device says about itself on the local network. */
export interface LanRecord {
  /** `null` where only paired devices may know whose record it is. */
  readonly endpointId: EndpointId | null;
  /** By which paired devices know it within the hour, 32 lower-case hexadecimal digits; see {@link presenceTag}. */
  readonly presenceTag: string | null;
  /** UDP port of its endpoint, of the family of the network where the record is. */
  readonly port: number;
  /** The code's tag, 32 lower-case hexadecimal digits, while it offers one. */
  readonly lanTag: string | null;
}

/** A record before it is on a network: with the port of each family. */
export interface OwnRecord extends LanRecord {
  /** `null` where there is no IPv6 socket: then it is not announced over IPv6. */
  readonly ipv6Port: number | null;
}

/** Why a record's text is not one of ours. */
export type RecordFault = 'text' | 'endpoint-id' | 'presence' | 'port' | 'tag';

/** Most keys a TXT record may hold: ours has four, and a later version may add to them. */
const MAX_KEYS = 16;

const TAG = /^[0-9a-f]{32}$/i;

/** The keys and values of the TXT record. Each stays far below the 255 bytes a string of a TXT record can hold. */
export const writeRecordText = (record: LanRecord): Readonly<Record<string, string>> => ({
  ...(record.lanTag === null ? {} : { tag: record.lanTag }),
  ...(record.presenceTag === null ? {} : { presence: record.presenceTag }),
  ...(record.endpointId === null ? {} : { id: record.endpointId }),
  port: String(record.port),
});

/**
 * Reads the keys and values of a TXT record a stranger sent: of a device that names itself, of one that only shows its
 * tag of the hour, or of both. Digits may be upper or lower case; keys we do not know are passed over, so that a later
 * version can add some.
 */
export const readRecordText = (text: unknown): LanRecord | RecordFault => {
  if (typeof text !== 'object' || text === null || Object.keys(text).length > MAX_KEYS) return 'text';
  const presence = readTag(text, 'presence');
  if (presence === undefined) return 'presence';
  const lanTag = readTag(text, 'tag');
  if (lanTag === undefined) return 'tag';
  const endpointId = Object.hasOwn(text, 'id') ? parseEndpointId(ownText(text, 'id') ?? '') : null;
  if (endpointId === undefined) return 'endpoint-id';
  // Whoever looks for a code has to know whom to dial.
  if (endpointId === null && (presence === null || lanTag !== null)) return 'endpoint-id';
  const port = ownText(text, 'port') ?? '';
  if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65_535) return 'port';
  return { endpointId, presenceTag: presence, port: Number(port), lanTag };
};

/** `null` where there is none, `undefined` where it is none. */
const readTag = (text: object, key: string): string | null | undefined => {
  if (!Object.hasOwn(text, key)) return null;
  const tag = ownText(text, key) ?? '';
  return TAG.test(tag) ? tag.toLowerCase() : undefined;
};

const ownText = (text: object, key: string): string | undefined => {
  const value: unknown = Object.getOwnPropertyDescriptor(text, key)?.value;
  return typeof value === 'string' ? value : undefined;
};
