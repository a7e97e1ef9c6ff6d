import { cbor, type PeerId, type PeerMetadata, type StorageId } from '@automerge/automerge-repo/slim';

/** First frame of each side. */
export interface Greeting {
  readonly peerId: PeerId;
  readonly metadata: PeerMetadata;
}

/** Longest id of a peer or of its storage, characters. */
const MAX_ID_LENGTH = 256;

export const encodeGreeting = ({ peerId, metadata }: Greeting): Uint8Array =>
  cbor.encode({ type: 'greeting', version: 1, peerId, metadata });

const isId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH;

/** `null` for what is none. */
export const decodeGreeting = (frame: Uint8Array): Greeting | null => {
  const { type, version, peerId, metadata: given } = decodeObject(frame) ?? {};
  if (type !== 'greeting' || version !== 1 || !isId(peerId)) return null;
  const { storageId, isEphemeral } = (typeof given === 'object' && given !== null ? given : {}) as Record<
    string,
    unknown
  >;
  const metadata: PeerMetadata = {
    ...(isId(storageId) ? { storageId: storageId as StorageId } : {}),
    ...(typeof isEphemeral === 'boolean' ? { isEphemeral } : {}),
  };
  return { peerId: peerId as PeerId, metadata };
};

/** What another device says is CBOR of an object, or nothing. */
export const decodeObject = (frame: Uint8Array): Record<string, unknown> | null => {
  let said: unknown;
  try {
    said = cbor.decode(frame);
  } catch {
    return null;
  }
  return typeof said === 'object' && said !== null && !Array.isArray(said) ? (said as Record<string, unknown>) : null;
};
