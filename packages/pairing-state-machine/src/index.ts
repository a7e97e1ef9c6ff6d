/**
 * Both sides of a pairing as pure XState machines: who may do what when, and how long. Effects are declared here and
 * provided by whoever runs a session.
 *
 * @packageDocumentation
 */
export {
  type InitiatorActor,
  type InitiatorContext,
  type InitiatorEvent,
  type InitiatorInput,
  type InitiatorSnapshot,
  initiatorMachine,
  MAX_WRONG_PROOFS,
} from './initiator-machine.ts';
export {
  type FoundInitiator,
  type JoinerActor,
  type JoinerContext,
  type JoinerEvent,
  type JoinerInput,
  type JoinerSnapshot,
  joinerMachine,
} from './joiner-machine.ts';
export { PAIRING_DELAYS_DEFAULTS, type PairingDelays, resolvePairingDelays } from './options.ts';
export { type PairingFailure, PairingFailureError, pairingFailure, pairingFailureOf } from './pairing-failure.ts';
