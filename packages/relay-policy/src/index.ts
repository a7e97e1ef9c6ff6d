/**
 * Decides which relay is home, which stand by and which are to be measured, and says why. Pure: time, measurements and
 * the previous decision come in as arguments, so that an hour of noisy relays simulates in milliseconds.
 *
 * @packageDocumentation
 */
export {
  type AddressDiscoveryChoice,
  type AddressDiscoveryInput,
  chooseAddressDiscovery,
} from './choose-address-discovery.ts';
export { decideRelays, type RelayPolicyInput } from './decide-relays.ts';
export {
  addLatencySample,
  bestLatencyMs,
  EMPTY_LATENCY_WINDOW,
  LATENCY_WINDOW_SAMPLES,
  type LatencyWindow,
  medianLatencyMs,
} from './latency-window.ts';
export { RELAY_POLICY_DEFAULTS, type RelayPolicyOptions, resolveRelayPolicyOptions } from './options.ts';
export { type PolicyRelay, type PolicyRelayState, type RelayHealth, UNKNOWN_RELAY_HEALTH } from './policy-relay.ts';
export type { Challenger, RelayDecision, RelayDecisionCause } from './relay-decision.ts';
