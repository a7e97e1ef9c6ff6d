/**
 * Bowline for host apps: `createHost(options)` makes one device that pairs with others and stays connected.
 *
 * @packageDocumentation
 */
export { backupsOf, restoreDevice } from './backups.ts';
export { changeKey } from './change-key.ts';
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
export type {
  ExplainOptions,
  Host,
  JoinOptions,
  KeepOptions,
  PairOptions,
  PushOptions,
  SendOptions,
} from './host.ts';
export { type KeyOptions, keyKindOf, type PassphraseQuestion } from './key-options.ts';
export type { MessageBody } from './message-body.ts';
export type { MessageHandler, ReceivedMessage } from './messages/message-handler.ts';
export { HOST_DEFAULTS, type HostOptions, type RelayAccess } from './options.ts';
export type { Paired, PairingJoin, PairingOffer, PairingSession } from './pairing-handles.ts';
export { workerEntry } from './parts.ts';
export { PLACEMENTS, type PlacementTable, WORKER_NAMES, type WorkerName } from './placement.ts';
export type { ReceiveOptions } from './push/receiving.ts';
export type {
  AskOptions,
  Device,
  DeviceDatagrams,
  DevicePresence,
  OpenOptions,
} from './services/device-handle.ts';
export type { DeviceStream, StreamPeer } from './services/device-stream.ts';
export type { LocalTarget } from './services/local-service.ts';
export { RequestFailedError, type RequestHandler } from './services/request-answer.ts';
export type { ServedService, ServeOptions } from './services/served-services.ts';
export type { ServiceTarget, StreamContext, StreamHandler } from './services/service-handler.ts';
export { hasDevice, openStoredDevice, type StoredDevice } from './stored-device.ts';
export type { HostComponents } from './system.ts';
export { exportDevice, importDevice, type TransferFile } from './transfer.ts';
export type { KeptMessage } from './wiring/send-kept-messages.ts';
