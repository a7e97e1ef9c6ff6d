/**
 * What a relay and its clients share of a socket: messages written many at once, frames that wait in fair turns.
 *
 * @packageDocumentation
 */
export { type DropCause, FairQueue, type FairQueueLimits, type SharedBudget } from './fair-queue.ts';
export { type ControlKind, FrameOutlet, type FrameSink } from './frame-outlet.ts';
export { answerProbe, pathOf, refuseUpgrade, upgradeRefusalOf } from './http-answers.ts';
export { type AccessRequest, login, loginFieldsOf } from './login.ts';
export { masksFrom } from './message-mask.ts';
export { MessageWriter, messagesOf } from './message-writer.ts';
export { webSockets } from './web-sockets.ts';
