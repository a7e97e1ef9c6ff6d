/**
 * The endpoint's relay on loopback and a client to the real ones: routes, health, failover.
 *
 * @packageDocumentation
 */
export {
  SwitchboardListeningError,
  SwitchboardPortTakenError,
  SwitchboardRelayLoopError,
  SwitchboardRequestError,
} from './errors.ts';
export type { RelayProxy } from './http-proxy.ts';
export {
  RELAY_SWITCHBOARD_DEFAULTS,
  type RelaySwitchboardOptions,
  type RelaySwitchboardOptionsInput,
  resolveRelaySwitchboardOptions,
} from './options.ts';
export { relayConnectionMachine } from './relay-connection-machine.ts';
export { type RelaySwitchboardComponents, relaySwitchboard } from './relay-switchboard.ts';
export type { DialRelay, RelayTarget, RelayTransport, RelayTransportEvents } from './relay-transport.ts';
export { relaySwitchboardWorker } from './worker-definition.ts';
