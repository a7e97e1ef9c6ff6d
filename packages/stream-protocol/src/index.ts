/**
 * What makes a stream of bytes outlive its connection: headers, frames, positions, acknowledgements, credit and ends. Pure;
 * `docs/protocol/streams.md` is the prose.
 *
 * @packageDocumentation
 */
export { StreamProtocolError } from './errors.ts';
export {
  type ResumableStream,
  resumableStream,
  STREAM_LIMITS,
  type StreamLimits,
  type StreamRole,
} from './resumable-stream.ts';
export { INITIAL_LIMIT_BYTES, MAX_DATA_BYTES, MAX_RESET_CODE, type StreamFrame } from './stream-frame.ts';
export {
  decodeStreamAnswer,
  decodeStreamHeader,
  encodeStreamHeader,
  type ListedService,
  MAX_LISTED_SERVICES,
  type RefusalReason,
  SERVICE_NAME_PATTERN,
  STREAM_ID_BYTES,
  type StreamAnswer,
  type StreamHeader,
} from './stream-header.ts';
export { type StreamPart, type StreamReader, streamReader } from './stream-reader.ts';
export { encodeStreamFrames, frameSizeBytes, streamPieces } from './stream-writer.ts';
