/**
 * A relay speaking iroh's relay protocol, to host, to test against, and to run two devices on one machine.
 *
 * @packageDocumentation
 */
export type { Access, AccessCallOut, AccessRules } from './access-rules.ts';
export type { ConnectionRate } from './address-allowances.ts';
export {
  type AddressObserver,
  type AddressObserverComponents,
  addressObserver,
} from './address-observer.ts';
export {
  ADDRESS_OBSERVER_DEFAULTS,
  type AddressObserverOptions,
  resolveAddressObserverOptions,
} from './address-observer-options.ts';
export { RelayListenError, RelayStateError, RelayTlsError } from './errors.ts';
export {
  type MonitoringListener,
  RELAY_SERVER_DEFAULTS,
  type ReceiveLimit,
  type RelayServerOptions,
  type RelayTls,
  resolveRelayServerOptions,
} from './options.ts';
export { prometheusText } from './prometheus-text.ts';
export type { RelayServerComponents } from './relay-core.ts';
export {
  DENIAL_REASONS,
  type DenialReason,
  DROP_REASONS,
  type DropReason,
  LEAVE_REASONS,
  type LeaveReason,
  type RelayCounters,
  type RelayMetrics,
} from './relay-metrics.ts';
export { type RelayServer, relayServer } from './relay-server.ts';
