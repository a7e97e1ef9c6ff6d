/**
 * Frames and login of iroh's relay protocol, versions 1 and 2, for both sides: what a relay and its clients say to
 * each other in binary WebSocket messages. Pure: bytes in, values out; it opens no socket and keeps no state.
 *
 * @packageDocumentation
 */
export { type ClientAuth, challengeMessageOf, signChallenge, verifyClientAuth } from './client-auth.ts';
export {
  type ClientFrame,
  decodeClientFrame,
  encodeClientFrame,
  encodePing,
  encodePong,
  pingPayloadOf,
} from './client-frame.ts';
export {
  checkDatagramSize,
  contentBytesOfFrame,
  type DatagramFrame,
  datagramCountOfFrame,
  decodeDatagramFrame,
  encodeDatagramToClient,
  encodeDatagramToRelay,
  endpointKeyOfFrame,
  hasEndpointKey,
  isDatagramToClient,
  isDatagramToRelay,
  type RouteKey,
  routeKeyOf,
  routeKeyOfFrame,
  turnIntoDelivery,
} from './datagram-frame.ts';
export { endpointIdOfKey, endpointKeyOf, keyOfEndpointId, signingKeyOf } from './endpoint-key.ts';
export { RelayProtocolError, type RelayProtocolFault } from './errors.ts';
export {
  CHALLENGE_BYTES,
  DATAGRAM_BATCH_HEADER_BYTES,
  DATAGRAM_HEADER_BYTES,
  ENDPOINT_KEY_BYTES,
  MAX_FRAME_BODY_BYTES,
  MAX_FRAME_BYTES,
  MAX_TEXT_BYTES,
  PING_PAYLOAD_BYTES,
  SIGNATURE_BYTES,
} from './frame-limits.ts';
export { FRAME_TYPE, type FrameType, frameTypeOf } from './frame-type.ts';
export {
  decodeClientAuth,
  decodeServerHandshakeFrame,
  encodeClientAuth,
  encodeServerChallenge,
  encodeServerConfirmsAuth,
  encodeServerDeniesAuth,
  type ServerHandshakeFrame,
} from './handshake-frames.ts';
export {
  decodeKeyMaterialAuth,
  encodeKeyMaterialAuth,
  KEY_MATERIAL_BYTES,
  KEY_MATERIAL_LABEL,
  type KeyMaterialAuth,
  verifyKeyMaterialAuth,
} from './key-material-auth.ts';
export {
  namedChallengeMessageOf,
  RELAY_HOST_HEADER,
  relayHostOf,
  signNamedChallenge,
  verifyNamedClientAuth,
} from './named-auth.ts';
export {
  chooseVersion,
  type ProtocolVersion,
  RELAY_SUBPROTOCOLS,
  type RelaySubprotocol,
  subprotocolOf,
  versionOfSubprotocol,
} from './protocol-version.ts';
export {
  decodeRelayFrame,
  encodeEndpointGone,
  encodeHealthFor,
  encodeRelayFrame,
  type LoginHealth,
  type RelayFrame,
} from './relay-frame.ts';
export {
  CLIENT_AUTH_HEADER,
  NO_CONTENT_CHALLENGE_HEADER,
  NO_CONTENT_PATH,
  NO_CONTENT_RESPONSE_HEADER,
  noContentAnswerTo,
  PING_PATH,
  RELAY_PATH,
  TOKEN_QUERY_PARAMETER,
} from './relay-http.ts';
