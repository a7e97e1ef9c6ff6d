/**
 * What a relay and its clients share of a socket: messages written many at once, frames that wait in fair turns.
 *
 * @packageDocumentation
 */
export { FairQueue, type FairQueueLimits } from './fair-queue.ts';
export { type ControlKind, FrameOutlet, type FrameSink, OUTLET_LIMITS } from './frame-outlet.ts';
export { masksFrom } from './message-mask.ts';
export { MessageWriter } from './message-writer.ts';
