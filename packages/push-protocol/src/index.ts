/**
 * How files and folders go from one device to another: frames, bounds, and names that are safe to write. Pure;
 * `docs/protocol/push.md` is the prose.
 *
 * @packageDocumentation
 */
export { PushProtocolError } from './errors.ts';
export { numberedName } from './numbered-name.ts';
export {
  encodePushAnswer,
  encodePushRequest,
  HASH_BYTES,
  MARK_BYTES,
  MAX_PATH_BYTES,
  MAX_PATH_PARTS,
  MAX_PUSH_DATA_BYTES,
  MAX_PUSH_FILES,
  MAX_SMALL_FILE_BYTES,
  MAX_UNSETTLED_FILES,
  PUSH_HEADER_BYTES,
  type PushAnswer,
  type PushFailure,
  type PushRequest,
  type PushStop,
  RUN_BYTES,
  writeDataHeader,
} from './push-frame.ts';
export { type PushReader, pushAnswerReader, pushRequestReader } from './push-reader.ts';
export { MAX_SAFE_NAME_BYTES, PARTIAL_FOLDER, safeName } from './safe-name.ts';
