/**
 * Bowline for host apps: `createHost(options)` makes one device that pairs with others and stays connected.
 *
 * @packageDocumentation
 */
export { abortable } from './abortable.ts';
export { backupsOf, restoreDevice } from './backups.ts';
export {
  checkExplainOptions,
  checkPushOptions,
  checkSendOptions,
  resolveJoinOptions,
  resolvePairOptions,
} from './call-options.ts';
export { changeKey } from './change-key.ts';
export { checkFields } from './check-fields.ts';
export { createHost } from './create-host.ts';
export {
  AbortError,
  DeviceAmbiguousError,
  DeviceNotFoundError,
  HostNotRunningError,
  MessageDroppedError,
  MessageHandlerPresentError,
  MessageNotDeliveredError,
  PairingFailedError,
  SendsWaitingError,
} from './errors.ts';

export { type EventHub, eventHub } from './event-hub.ts';
export type {
  ExplainOptions,
  Host,
  JoinOptions,
  KeepOptions,
  PairOptions,
  PushOptions,
  SafetyNumber,
  SendOptions,
} from './host.ts';
export { inBackground } from './in-background.ts';
export { type KeyOptions, keyKindOf, type PassphraseQuestion } from './key-options.ts';
export { encodeMessageBody, type MessageBody } from './message-body.ts';
export {
  type MessageHandler,
  type MessageHandlerSlot,
  messageHandlerSlot,
  type ReceivedMessage,
} from './messages/message-handler.ts';
export { mountedInspectors } from './mounted-inspectors.ts';
export { HOST_DEFAULTS, type HostOptions, type RelayAccess } from './options.ts';
export {
  type Paired,
  type PairingHandlesComponents,
  type PairingJoin,
  type PairingOffer,
  type PairingSession,
  pairingHandles,
} from './pairing-handles.ts';
export { workerEntry } from './parts.ts';
export { devicesThatFit, findDevice } from './peers/find-device.ts';
export { PLACEMENTS, type PlacementTable, WORKER_NAMES, type WorkerName } from './placement.ts';
export type { ReceiveOptions } from './push/receiving.ts';
export {
  type AskOptions,
  type Device,
  type DeviceDatagrams,
  type DeviceHandleComponents,
  type DeviceMessage,
  deviceHandle,
  type OpenOptions,
} from './services/device-handle.ts';
export { type DeviceStream, deviceStream, type StreamPeer } from './services/device-stream.ts';
export type { LocalTarget } from './services/local-service.ts';
export { RequestFailedError, type RequestHandler } from './services/request-answer.ts';
export { checkServeOptions, type ServedService, type ServeOptions, serveStream } from './services/served-services.ts';
export {
  type ServiceHandler,
  type ServiceTarget,
  type StreamContext,
  type StreamHandler,
  serviceHandler,
} from './services/service-handler.ts';
export { examineStoredDevice, hasDevice, openStoredDevice, type StoredDevice } from './stored-device.ts';
export type { HostComponents, PlacementComponents } from './system.ts';
export { exportDevice, importDevice, type TransferFile } from './transfer.ts';
export type { KeptMessage } from './wiring/send-kept-messages.ts';
