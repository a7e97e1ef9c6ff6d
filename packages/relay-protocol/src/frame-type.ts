/**
 * The first byte of every frame. On the wire it is a QUIC variable-length integer; all known values are below 64 and
 * so take one byte. Source: iroh-relay 1.x, `protos/common.rs`.
 */
export const FRAME_TYPE = {
  serverChallenge: 0,
  clientAuth: 1,
  serverConfirmsAuth: 2,
  serverDeniesAuth: 3,
  clientToRelayDatagram: 4,
  clientToRelayDatagramBatch: 5,
  relayToClientDatagram: 6,
  relayToClientDatagramBatch: 7,
  endpointGone: 8,
  ping: 9,
  pong: 10,
  /** Version 1 only. */
  health: 11,
  restarting: 12,
  /** Version 2 and later. */
  status: 13,
} as const;

/** One of the known first bytes. */
export type FrameType = (typeof FRAME_TYPE)[keyof typeof FRAME_TYPE];

/** The frame's first byte, or -1 for an empty frame. Cheap enough for every datagram. */
export const frameTypeOf = (frame: Uint8Array): number => frame[0] ?? -1;
