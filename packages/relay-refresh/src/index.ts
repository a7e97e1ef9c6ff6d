/**
 * Keeps the relay information of this device and its peers fresh: pushed when it changes, asked for when a peer has been
 * silent for an hour.
 *
 * @packageDocumentation
 */
export {
  RELAY_REFRESH_DEFAULTS,
  type RelayRefreshOptions,
  type RelayRefreshOptionsInput,
  resolveRelayRefreshOptions,
} from './options.ts';
export { relayRefresh } from './relay-refresh.ts';
export { relayRefreshWorker } from './worker-definition.ts';
