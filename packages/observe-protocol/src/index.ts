/**
 * Address observation (`bowline/observe/1`): its two frames, and how a relay tells of its observers. Pure;
 * `docs/protocol/observe.md` is the prose.
 *
 * @packageDocumentation
 */
export {
  decodeObserved,
  encodeAsk,
  encodeObserved,
  OBSERVE_MAX_FRAME_BYTES,
  readAsk,
} from './observe-frames.ts';
export {
  MAX_OBSERVERS,
  MAX_OBSERVERS_BYTES,
  OBSERVER_PATH,
  type ObserverEndpoint,
  readObservers,
  writeObservers,
} from './observer-list.ts';
