import { type EndpointId, parseEndpointId } from '@bowline/contracts';

/** What a device says about itself on the local network. */
export interface LanRecord {
  readonly endpointId: EndpointId;
  /** UDP port of its endpoint. */
  readonly port: number;
  /** The code's tag, 32 lower-case hexadecimal digits, while it offers one. */
  readonly lanTag: string | null;
}

/** Why a record's text is not one of ours. */
export type RecordFault = 'text' | 'endpoint-id' | 'port' | 'tag';

/** Most keys a TXT record may hold: ours has three, and a later version may add to them. */
const MAX_KEYS = 16;

/** The keys and values of the TXT record. Each stays far below the 255 bytes a string of a TXT record can hold. */
export const writeRecordText = (record: LanRecord): Readonly<Record<string, string>> => ({
  ...(record.lanTag === null ? {} : { tag: record.lanTag }),
  id: record.endpointId,
  port: String(record.port),
});

/**
 * Reads the keys and values of a TXT record a stranger sent. Digits may be upper or lower case; keys we do not know
 * are passed over, so that a later version can add some.
 */
export const readRecordText = (text: unknown): LanRecord | RecordFault => {
  if (typeof text !== 'object' || text === null || Object.keys(text).length > MAX_KEYS) return 'text';
  const endpointId = parseEndpointId(ownText(text, 'id') ?? '');
  if (endpointId === undefined) return 'endpoint-id';
  const port = ownText(text, 'port') ?? '';
  if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65_535) return 'port';
  if (!Object.hasOwn(text, 'tag')) return { endpointId, port: Number(port), lanTag: null };
  const tag = ownText(text, 'tag') ?? '';
  return /^[0-9a-f]{32}$/i.test(tag) ? { endpointId, port: Number(port), lanTag: tag.toLowerCase() } : 'tag';
};

const ownText = (text: object, key: string): string | undefined => {
  const value: unknown = Object.getOwnPropertyDescriptor(text, key)?.value;
  return typeof value === 'string' ? value : undefined;
};
