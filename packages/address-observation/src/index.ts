/**
 * Learns the addresses a device is seen at from outside, and judges which of them others can be offered.
 *
 * @packageDocumentation
 */
export { addressObservation } from './address-observation.ts';
export { type AskComponents, type AskInput, askObserver } from './ask-observer.ts';
export {
  ADDRESS_OBSERVATION_DEFAULTS,
  type AddressObservationOptions,
  resolveAddressObservationOptions,
} from './options.ts';
export { addressObservationWorker } from './worker-definition.ts';
