/** Bytes of an endpoint's public key (Ed25519, RFC 8032). */
export const ENDPOINT_KEY_BYTES = 32;

/** Bytes of an Ed25519 signature (RFC 8032). */
export const SIGNATURE_BYTES = 64;

/** Bytes of the server's challenge. Source: iroh-relay 1.x, `protos/handshake.rs`. */
export const CHALLENGE_BYTES = 16;

/** Bytes a ping carries and a pong returns. Source: iroh-relay 1.x, `protos/relay.rs`. */
export const PING_PAYLOAD_BYTES = 8;

/** Most bytes after a frame's type byte. Source: iroh-relay 1.x, `MAX_PACKET_SIZE`. */
export const MAX_FRAME_BODY_BYTES = 65_536;

/** Most bytes of one frame, its type byte included: what a WebSocket receiver needs as its payload limit. */
export const MAX_FRAME_BYTES = 1 + MAX_FRAME_BODY_BYTES;

/** Type byte, key, ECN byte. */
export const DATAGRAM_HEADER_BYTES = 1 + ENDPOINT_KEY_BYTES + 1;

/** Type byte, key, ECN byte, segment size (two bytes, big-endian). */
export const DATAGRAM_BATCH_HEADER_BYTES = DATAGRAM_HEADER_BYTES + 2;

/** Longest reason or problem text sent or accepted, bytes of UTF-8. Ours: iroh sets no bound but the frame's. */
export const MAX_TEXT_BYTES = 512;
