/**
 * Both sides of a pairing as pure XState machines: who may do what when, and how long. Effects are declared here and
 * provided by whoever runs a session.
 *
 * @packageDocumentation
 */
export { type InitiatorActor, type InitiatorSnapshot, initiatorMachine } from './initiator-machine.ts';
export {
  type InitiatorContext,
  type InitiatorEvent,
  type InitiatorInput,
  MAX_HANDSHAKES,
  MAX_WRONG_PROOFS,
} from './initiator-model.ts';
export { tooManyHandshakes } from './joiner-failure.ts';
export { type JoinerActor, type JoinerSnapshot, joinerMachine } from './joiner-machine.ts';
export {
  type FoundInitiator,
  type JoinerContext,
  type JoinerEvent,
  type JoinerInput,
  MAX_ANSWERS,
} from './joiner-model.ts';
export { PAIRING_DELAYS_DEFAULTS, type PairingDelays, resolvePairingDelays } from './options.ts';
export {
  blockedHere,
  blockedThere,
  type PairingFailure,
  PairingFailureError,
  pairingFailure,
  pairingFailureOf,
  storeFullThere,
} from './pairing-failure.ts';
