/**
 * Strict, bounded, canonical CBOR for everything that crosses the network: one value has one form, and bytes that
 * are not that form are refused before they mean anything.
 *
 * @packageDocumentation
 */
export { DEFAULT_MAX_DEPTH, type DecodeLimits, decodeFrame } from './decode-frame.ts';
export { encodeFrame } from './encode-frame.ts';
export { WireFormatError, type WireFormatProblem } from './errors.ts';
export {
  boundedBytes,
  boundedInteger,
  boundedString,
  bytes,
  endpointIdBytes,
  endpointIdToBytes,
  MAX_RELAY_URL_CHARACTERS,
  MAX_SOCKET_ADDRESS_CHARACTERS,
  relayUrl,
  socketAddress,
} from './field-schemas.ts';
