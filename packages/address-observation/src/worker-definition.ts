import { type AddressObservationChannel, addressObservationChannel, type WorkerDefinition } from '@bowline/contracts';
import { addressObservation } from './address-observation.ts';
import type { AddressObservationOptions } from './options.ts';

/** How the actor is made in a worker. */
export const addressObservationWorker: WorkerDefinition<
  AddressObservationChannel,
  Partial<AddressObservationOptions>
> = {
  name: 'address-observation',
  channel: addressObservationChannel,
  create: (options, components) => addressObservation(options)(components),
};
