/**
 * Runs pairing sessions: shows codes, finds devices that show one, proves, agrees, stores.
 *
 * @packageDocumentation
 */
export type { PairingPeers, PairingSessionsComponents } from './components.ts';
export {
  JoinUnderWayError,
  PairingBusyError,
  PairingNotReadyError,
  PairingStoppedError,
  RelayTokenTooLongError,
  RendezvousPortTakenError,
} from './errors.ts';
export {
  PAIRING_SESSIONS_DEFAULTS,
  type PairingSessionsInput,
  type PairingSessionsOptions,
  resolvePairingSessionsOptions,
} from './options.ts';
export { pairingSessions } from './pairing-sessions.ts';
export { pairingSessionsWorker } from './worker-definition.ts';
